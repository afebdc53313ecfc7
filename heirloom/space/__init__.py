"""Search spaces in NNI's JSON form or a short one: parse, sample, mutate, enumerate."""

from .forms import expand, shorten
from .parse import SpaceError, parse
from .space import Space, contains, endless, grid, mutate, sample

__all__ = [
    "Space", "SpaceError", "contains", "endless", "expand", "grid", "mutate", "parse", "sample",
    "shorten",
]  # fmt: skip
