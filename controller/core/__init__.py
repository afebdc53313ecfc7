"""The pure core: events in, decisions out; no I/O, no clock, no threads."""
