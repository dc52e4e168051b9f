"""Pure values and machines: no I/O, no clock, no chance of its own."""
