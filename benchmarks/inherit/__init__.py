"""Searches with and without inherited weights: docs/explanation/inherit-protocol.md."""
