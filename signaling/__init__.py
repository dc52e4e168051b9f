"""Rooms as ordered logs over websockets. Knows no appointment, imports nothing of ours."""
