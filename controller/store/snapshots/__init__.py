"""Snapshots of code on the store."""
