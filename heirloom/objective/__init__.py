"""What "better" means, decided here alone: for tuners, assessors, the core and views."""

from .direction import DIRECTIONS, Constraint, Objective
from .front import Front
from .objectives import ObjectiveError, Objectives
from .order import Standing, crowding, dominates, fronts, ranked

__all__ = [
    "DIRECTIONS",
    "Constraint",
    "Front",
    "Objective",
    "ObjectiveError",
    "Objectives",
    "Standing",
    "crowding",
    "dominates",
    "fronts",
    "ranked",
]
