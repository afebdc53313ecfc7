"""The search space: NNI's JSON types, read, sampled, mutated and enumerated."""

from controller.space.parse import SpaceError, parse
from controller.space.space import Space, contains, endless, grid, mutate, sample

__all__ = ["Space", "SpaceError", "contains", "endless", "grid", "mutate", "parse", "sample"]
