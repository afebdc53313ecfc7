"""Policies that sample sequences of decisions, and the rules by which they learn.

Most modules import numpy, and are imported when a tuner is constructed. `average`, `require` and
`tuner` import nothing but the standard library.
"""
