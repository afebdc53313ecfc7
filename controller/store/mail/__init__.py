"""The messages of supervisors, and how they are read."""
