"""The error of a model with choices."""

from __future__ import annotations


class NasError(ValueError):
    """A model whose choices are wrong, or params that do not fit it."""
