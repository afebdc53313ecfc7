"""The tuners, assessors and advisors of NNI, and what replaces each in Heirloom."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Counterpart:
    """What replaces one of NNI's. `args` maps NNI's names of arguments to Heirloom's."""

    name: str
    args: Mapping[str, str] = field(default_factory=dict)
    defaults: Mapping[str, Any] = field(default_factory=dict)  # NNI's defaults where they differ
    dropped: Set[str] = frozenset()  # NNI's arguments without a counterpart
    note: str = ""


_TPE_ARGS = {"n_startup_jobs": "startup", "n_ei_candidates": "candidates"}

TUNERS: Mapping[str, Counterpart] = {
    "Random": Counterpart("random"),
    "GridSearch": Counterpart("grid"),
    "BatchTuner": Counterpart("batch"),
    "TPE": Counterpart(
        "tpe",
        _TPE_ARGS,
        {"startup": 20},
        frozenset({"constant_liar_type", "parallel_optimize", "linear_forgetting", "prior_weight",
                   "gamma"}),
    ),
    "TPE_legacy": Counterpart(
        "tpe",
        {},
        {"startup": 20},
        frozenset({"constant_liar_type", "parallel_optimize"}),
    ),
    "GPTuner": Counterpart(
        "gp",
        {"cold_start_num": "startup"},
        {},
        frozenset({"utility", "kappa", "xi", "nu", "alpha", "selection_num_warm_up",
                   "selection_num_starting_points"}),
    ),
    "Evolution": Counterpart(
        "evolution",
        {"population_size": "population"},
        {"population": 32, "sample": 2, "inherit": False},
        note="NNI's drops the worse of two members, Heirloom's the oldest; for children that start "
        "from their parents' weights add `heirloom: {tuner: {args: {inherit: true}}}`",
    ),
}  # fmt: skip

ASSESSORS: Mapping[str, Counterpart] = {
    "Medianstop": Counterpart("median_stopping", {"start_step": "warmup"}, {"min_trials": 1}),
}

COUNTERPARTS: Mapping[str, Mapping[str, Counterpart]] = {"tuner": TUNERS, "assessor": ASSESSORS}

_TPE = "use TPE"
_HALVING = "use the tuner TPE and the assessor Medianstop, which stops trials early"
_INHERIT = "use Evolution with `heirloom: {tuner: {args: {inherit: true}}}`, whose children start "
UNSUPPORTED: Mapping[str, str] = {
    "Anneal": f"{_TPE}, or Evolution, which also searches near the best",
    "SMAC": f"{_TPE}, which has discrete parameters as well",
    "MetisTuner": "use GPTuner, which is a Gaussian process too",
    "DNGOTuner": "use GPTuner, or TPE for many trials",
    "Hyperband": _HALVING,
    "BOHB": _HALVING,
    "PBTTuner": _INHERIT + "from their parents' weights, as its populations do",
    "NetworkMorphism": _INHERIT + "from their parents' weights; the trial does the morphing",
    "PPOTuner": _INHERIT + "from their parents' weights, with choices as the search space",
    "RegularizedEvolutionTuner": _INHERIT + "from their parents' weights; it is the same algorithm",
    "Curvefitting": "use Medianstop",
}


def find(name: str, known: Mapping[str, Any]) -> str | None:
    """The name in NNI's spelling. NNI 2.x ignores case and a `Tuner` at the end.

    The name of a counterpart stands for the first one that it replaces: `grid` for `GridSearch`.
    """
    plain = _plain(name)
    by_name = (each for each in known if _plain(each) == plain)
    by_counterpart = (
        each
        for each, match in known.items()
        if isinstance(match, Counterpart) and match.name == plain
    )
    return next(by_name, None) or next(by_counterpart, None)


def is_like_a_known_one(name: str) -> bool:
    """Whether a name is one of NNI's, or near one: its search space has NNI's types."""
    plain = [_plain(each) for each in (*TUNERS, *ASSESSORS, *UNSUPPORTED)]
    return bool(difflib.get_close_matches(_plain(name), plain, n=1))


def _plain(name: str) -> str:
    return name.lower().removesuffix("tuner")
