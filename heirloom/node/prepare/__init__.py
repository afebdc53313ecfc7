"""Prepare a node for an experiment's trials: once a node, on its own disk."""
