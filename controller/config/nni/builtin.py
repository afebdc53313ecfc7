"""The tuners, assessors and advisors of NNI, and what replaces each in Heirloom."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, field
from typing import Any

from heirloom.channel.nni_params import PBT_GENERATION, TRIAL_BUDGET


@dataclass(frozen=True, slots=True)
class Amounts:
    """The section `resource` of one that decides how long a trial trains.

    `args` maps NNI's names of arguments to the keys of the section.
    """

    defaults: Mapping[str, Any]
    args: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Counterpart:
    """What replaces one of NNI's. `args` maps NNI's names of arguments to Heirloom's."""

    name: str
    args: Mapping[str, str] = field(default_factory=dict)
    defaults: Mapping[str, Any] = field(default_factory=dict)  # NNI's defaults where they differ
    dropped: Set[str] = frozenset()  # NNI's arguments without a counterpart
    note: str = ""
    converted: Mapping[str, Callable[[Any], Any]] = field(default_factory=dict)  # NNI's numbers
    amounts: Amounts | None = None
    images: Mapping[str, int] = field(default_factory=dict)  # NNI's defaults of what networks see


def _steps_before(first: int) -> int:
    """The number of steps before the first one that is assessed."""
    return max(0, first - 1)


_CONTINUES = (
    "a trial that commits weights and starts from those that it inherits is trained only for the "
    "rest of its budget; any other is trained from nothing, as in NNI"
)

_HYPERBAND = Counterpart(
    "hyperband",
    dropped=frozenset({"exec_mode"}),
    note=f"brackets overlap, as with exec_mode parallelism; {_CONTINUES}",
    amounts=Amounts(
        {"name": TRIAL_BUDGET, "min": 1, "max": 60, "eta": 3}, {"R": "max", "eta": "eta"}
    ),
)
_BOHB = Counterpart(
    "bohb",
    {
        "top_n_percent": "top",
        "num_samples": "samples",
        "random_fraction": "random_fraction",
        "bandwidth_factor": "bandwidth_factor",
    },
    dropped=frozenset({"min_points_in_model", "min_bandwidth", "config_space"}),
    note=_CONTINUES,
    converted={"top_n_percent": lambda percent: percent / 100},
    amounts=Amounts(
        {"name": TRIAL_BUDGET, "min": 1, "max": 3, "eta": 3},
        {"min_budget": "min", "max_budget": "max", "eta": "eta"},
    ),
)
_PBT = Counterpart(
    "pbt",
    {
        "population_size": "population",
        "factor": "factors",
        "resample_probability": "resample",
        "fraction": "quantile",
    },
    {"population": 10},
    frozenset({"all_checkpoint_dir"}),
    note="members do not wait for each other, and numbers are multiplied in exploring, where NNI's "
    "adds a share of the range; checkpoint directories are on Heirloom's store",
    converted={"factor": lambda factor: [1 - factor, 1 + factor]},
    amounts=Amounts({"name": PBT_GENERATION, "min": 1, "max": 99999}),
)
_MORPHISM = Counterpart(
    "morphism",
    {"beta": "beta", "default_model_width": "width", "max_model_size": "max_parameters"},
    dropped=frozenset({"algorithm_name", "path", "verbose", "t_min", "default_model_len"}),
    note="a trial gets a network in Heirloom's form, and json_to_graph(…).produce_torch_model() "
    "makes it; as in NNI, weights are inherited only if the trial does so",
    images={"input_channel": 3, "input_width": 32, "n_output_node": 10},
)

_TPE_ARGS = {"n_startup_jobs": "startup", "n_ei_candidates": "candidates"}

TUNERS: Mapping[str, Counterpart] = {
    "Random": Counterpart("random"),
    "GridSearch": Counterpart("grid"),
    "BatchTuner": Counterpart("batch"),
    "TPE": Counterpart(
        "tpe",
        _TPE_ARGS,
        {"startup": 20},
        frozenset(
            {
                "constant_liar_type",
                "parallel_optimize",
                "linear_forgetting",
                "prior_weight",
                "gamma",
            }
        ),
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
        frozenset(
            {
                "utility",
                "kappa",
                "xi",
                "nu",
                "alpha",
                "selection_num_warm_up",
                "selection_num_starting_points",
            }
        ),
    ),
    "Evolution": Counterpart(
        "evolution",
        {"population_size": "population"},
        {"population": 32, "sample": 2, "inherit": False},
        note="NNI's drops the worse of two members, Heirloom's the oldest; for children that start "
        "from their parents' weights add `heirloom: {tuner: {args: {inherit: true}}}`",
    ),
    "MetisTuner": Counterpart(
        "gp",
        dropped=frozenset(
            {
                "no_resampling",
                "no_candidates",
                "selection_num_starting_points",
                "cold_start_num",
                "exploration_probability",
            }
        ),
        note="`gp` is a Gaussian process too, and explores by its own rule",
    ),
    "SMAC": Counterpart(
        "tpe",
        dropped=frozenset({"config_dedup"}),
        note="`tpe` models densities, where SMAC has a random forest",
    ),
    "PBTTuner": _PBT,
    "NetworkMorphism": _MORPHISM,
    "Hyperband": _HYPERBAND,
    "BOHB": _BOHB,
}

ADVISORS: Mapping[str, Counterpart] = {"Hyperband": _HYPERBAND, "BOHB": _BOHB}


ASSESSORS: Mapping[str, Counterpart] = {
    "Medianstop": Counterpart(
        "median_stopping",
        {"start_step": "warmup"},
        {"warmup": 0, "min_trials": 1},
        converted={"start_step": _steps_before},
    ),
    "Curvefitting": Counterpart(
        "curve_fitting",
        {"epoch_num": "steps", "start_step": "warmup", "threshold": "threshold", "gap": "gap"},
        {"steps": 20, "warmup": 5, "threshold": 0.95, "probability": 0.5},
        converted={"start_step": _steps_before},
    ),
}

COUNTERPARTS: Mapping[str, Mapping[str, Counterpart]] = {
    "tuner": TUNERS,
    "advisor": ADVISORS,
    "assessor": ASSESSORS,
}

_TPE = "use TPE"
_INHERIT = "use Evolution with `heirloom: {tuner: {args: {inherit: true}}}`, whose children start "
UNSUPPORTED: Mapping[str, str] = {
    "Anneal": f"{_TPE}, or Evolution, which also searches near the best",
    "DNGOTuner": "use GPTuner, or TPE for many trials",
    "PPOTuner": "use `heirloom: {tuner: {name: nasnet}}`, which learns by PPO too, with choices as "
    "the search space",
    "RegularizedEvolutionTuner": _INHERIT + "from their parents' weights; it is the same algorithm",
}


def find(name: str, known: Mapping[str, Any]) -> str | None:
    """The name in NNI's spelling. NNI 2.x ignores case and a `Tuner` at the end.

    The name of a counterpart stands for the first one that it replaces: `grid` for `GridSearch`.
    """
    plain = plain_name(name)
    by_name = (each for each in known if plain_name(each) == plain)
    by_counterpart = (
        each
        for each, match in known.items()
        if isinstance(match, Counterpart) and match.name == plain
    )
    return next(by_name, None) or next(by_counterpart, None)


def is_like_a_known_one(name: str) -> bool:
    """Whether a name is one of NNI's, or near one: its search space has NNI's types."""
    plain = [plain_name(each) for each in (*TUNERS, *ASSESSORS, *UNSUPPORTED)]
    return bool(difflib.get_close_matches(plain_name(name), plain, n=1))


def plain_name(name: str) -> str:
    """The name without case and without `Tuner` at its end."""
    return name.lower().removesuffix("tuner")
