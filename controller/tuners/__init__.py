"""The tuner's process as the controller sees it."""
