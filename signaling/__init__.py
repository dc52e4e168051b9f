"""The signalling hub: rooms as ordered logs over websockets. Knows no appointment, imports nothing of ours."""
