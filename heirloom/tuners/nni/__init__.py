"""Calls tuners and assessors with NNI's interface, in the tuner's process."""
