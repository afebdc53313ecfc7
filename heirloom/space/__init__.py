"""The search space: NNI's JSON types, read, sampled, mutated and enumerated."""

from .parse import SpaceError, parse
from .space import Space, contains, endless, grid, mutate, sample

__all__ = ["Space", "SpaceError", "contains", "endless", "grid", "mutate", "parse", "sample"]
