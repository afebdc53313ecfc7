"""NNI's own tuners, assessors and advisors: which of ours serves one, or what comes near."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Served:
    """One that is served. The names of arguments are NNI's on the left, Heirloom's on the right."""

    name: str
    args: Mapping[str, str] = field(default_factory=dict)
    given: Mapping[str, Any] = field(default_factory=dict)  # what NNI's has where nothing is said
    dropped: Set[str] = frozenset()  # NNI's arguments that have no counterpart
    note: str = ""


_TPE_ARGS = {"n_startup_jobs": "startup", "n_ei_candidates": "candidates"}

TUNERS: Mapping[str, Served] = {
    "Random": Served("random"),
    "GridSearch": Served("grid"),
    "BatchTuner": Served("batch"),
    "TPE": Served(
        "tpe",
        _TPE_ARGS,
        {"startup": 20},
        frozenset({"constant_liar_type", "parallel_optimize", "linear_forgetting", "prior_weight",
                   "gamma"}),
    ),
    "GPTuner": Served(
        "gp",
        {"cold_start_num": "startup"},
        {},
        frozenset({"utility", "kappa", "xi", "nu", "alpha", "selection_num_warm_up",
                   "selection_num_starting_points"}),
    ),
    "Evolution": Served(
        "evolution",
        {"population_size": "population"},
        {"population": 32, "sample": 2, "inherit": False},
        note="NNI's drops the worse of two, Heirloom's the oldest; for children that start from "
        "their parents' weights say `heirloom: {tuner: {args: {inherit: true}}}`",
    ),
}  # fmt: skip

ASSESSORS: Mapping[str, Served] = {
    "Medianstop": Served("median_stopping", {"start_step": "warmup"}, {"min_trials": 1}),
}

_TPE = "take TPE"
_HALVING = "take the tuner TPE and the assessor Medianstop, which ends the hopeless early"
_INHERIT = "take Evolution with `heirloom: {tuner: {args: {inherit: true}}}`, whose children start "
REFUSED: Mapping[str, str] = {
    "Anneal": f"{_TPE}, or Evolution, which narrows down from the best too",
    "SMAC": f"{_TPE}, which takes discrete parameters as well",
    "MetisTuner": "take GPTuner, a Gaussian process too",
    "DNGOTuner": "take GPTuner, or TPE for many trials",
    "Hyperband": _HALVING,
    "BOHB": _HALVING,
    "PBTTuner": _INHERIT + "from their parents' weights, as its populations do",
    "NetworkMorphism": _INHERIT + "from their parents' weights; the trial does the morphing",
    "PPOTuner": _INHERIT + "from their parents' weights, and choices as the search space",
    "RegularizedEvolutionTuner": _INHERIT + "from their parents' weights, and the same algorithm",
    "Curvefitting": "take Medianstop",
}


def find(name: str, known: Mapping[str, Any]) -> str | None:
    """The name as NNI spells it: 2.x takes it in any case and without `Tuner` at its end."""
    plain = name.lower().removesuffix("tuner")
    return next((one for one in known if one.lower().removesuffix("tuner") == plain), None)
