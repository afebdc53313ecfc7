"""Commands that prepare, run and steer a search."""
