"""Search spaces in NNI's JSON form: parse, sample, mutate, enumerate."""

from .parse import SpaceError, parse
from .space import Space, contains, endless, grid, mutate, sample

__all__ = ["Space", "SpaceError", "contains", "endless", "grid", "mutate", "parse", "sample"]
