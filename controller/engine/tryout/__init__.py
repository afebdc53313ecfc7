"""Small experiments that run before a search, and are removed.

Try-outs (`check --run`) train one candidate and one child of it. Another one makes the search space
of `model`.
"""

from controller.engine.tryout.alone import Place
from controller.engine.tryout.cleanup import clean
from controller.engine.tryout.figures import Estimate, TrialFigures, Tryout, estimate
from controller.engine.tryout.model import make
from controller.engine.tryout.run import Request, run

__all__ = [
    "Estimate",
    "Place",
    "Request",
    "TrialFigures",
    "Tryout",
    "clean",
    "estimate",
    "make",
    "run",
]
