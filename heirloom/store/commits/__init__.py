"""Commits of weights: the rename, bytes shared with parents, and the comparison before a read."""
