"""Limits for what a trial writes."""
