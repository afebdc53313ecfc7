"""A trial's process: its environment, its output and its end."""
