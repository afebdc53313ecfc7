"""Rebuilding a journal from the store."""
