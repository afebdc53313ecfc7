"""Try-outs (`check --run`): one candidate and one child of it are trained before a search."""

from controller.engine.tryout.cleanup import clean
from controller.engine.tryout.figures import Estimate, TrialFigures, Tryout, estimate
from controller.engine.tryout.run import Request, run

__all__ = ["Estimate", "Request", "TrialFigures", "Tryout", "clean", "estimate", "run"]
