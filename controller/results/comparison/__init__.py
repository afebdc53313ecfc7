"""Experiments compared: the best value so far against trials, time and hours."""
