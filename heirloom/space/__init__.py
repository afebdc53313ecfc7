"""Search spaces in NNI's JSON form or a short one: parse, sample, mutate, enumerate."""

from .changes.crossover import crossover
from .changes.perturb import perturb
from .errors import SpaceError
from .fit import fingerprint, mismatches
from .forms import expand, shorten
from .parse import parse
from .space import Space, contains, endless, grid, mutate, sample

__all__ = [
    "Space",
    "SpaceError",
    "contains",
    "crossover",
    "endless",
    "expand",
    "fingerprint",
    "grid",
    "mismatches",
    "mutate",
    "parse",
    "perturb",
    "sample",
    "shorten",
]
