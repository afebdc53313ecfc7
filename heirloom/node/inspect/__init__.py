"""Inspect a node: its account, directories, slots, GPUs, Python and store."""
