"""Trials of `python -m benchmarks inherit`. Run as modules: `python -m inherit.candidate`."""
