"""The loop that runs an experiment, and what prepares it."""
