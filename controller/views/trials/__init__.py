"""Trials of one experiment: as a list, as learning curves, and two of them compared."""
