"""Policies that sample sequences of decisions, and the rules by which they learn. They need numpy.

`decisions`, `require` and `tuner` import nothing but the standard library; the others import numpy
and are imported when a tuner is constructed.
"""
