"""Every tuner of the registry: how it is set up for a short search."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from heirloom.objective import Objectives
from heirloom.tuners import Tuner
from heirloom.tuners.registry import find

_LISTED: dict[str, Any] = {"_type": "choice", "_value": [{"x": at / 20} for at in range(20)]}
_NUMBERS: dict[str, Any] = {
    "x": {"_type": "uniform", "_value": [0, 1]},
    "n": {"_type": "randint", "_value": [1, 9]},
    "op": {"_type": "choice", "_value": ["a", "b", [1, 2]]},
}
_NESTED: dict[str, Any] = {
    **_NUMBERS,
    "rate": {"_type": "qlognormal", "_value": [0, 1, 0.1]},
    "act": {
        "_type": "choice",
        "_value": [
            "relu",
            {"_name": "leaky", "slope": {"_type": "loguniform", "_value": [1e-4, 1]}},
        ],
    },
}
_OPTIONS: dict[str, Any] = {
    "op": _NUMBERS["op"],
    "act": {
        "_type": "choice",
        "_value": ["relu", {"_name": "leaky", "slope": {"_type": "choice", "_value": [0.1, 0.2]}}],
    },
}
_LAYERS: dict[str, Any] = {
    "network": {"layers": {"input": [1, 8, 8], "classes": 2}},
    "rate": {"loguniform": [0.01, 1.0]},
}
CELL = ("normal.0_2", "normal.1_2", "normal.0_3", "normal.1_3", "normal.2_3")
_RESOURCE = {"name": "epochs", "min": 1, "max": 9, "eta": 3}
_FIRST = [{"x": 0.25, "n": 3, "op": "b"}]


@dataclass(frozen=True)
class Method:
    """How one tuner is set up.

    Args:
        space: its search space.
        args: variants of its arguments.
        resource: the section `resource`, for tuners that decide how long a trial trains.
        examples: how many searches a property test tries; fewer for a slow tuner.
        unsaved: why its state cannot be saved; None: it can.
    """

    space: Mapping[str, Any]
    args: Sequence[Mapping[str, Any]] = ({},)
    resource: Mapping[str, Any] | None = None
    examples: int = 50
    unsaved: str | None = None


METHODS: dict[str, Method] = {
    "asha": Method(_NESTED, ({}, {"early_stopping_rate": 1}), _RESOURCE),
    "batch": Method({"candidate": _LISTED}, ({}, {"initial": [{"x": 0.5}]})),
    "bohb": Method(
        _NUMBERS, ({"samples": 4, "random_fraction": 0.2}, {"initial": _FIRST}), _RESOURCE
    ),
    "darts": Method(
        {label: ["none", "skip_connect", "conv"] for label in CELL},
        (
            {"generations": 3, "epochs": 1},
            {"generations": 2, "edges": None},
            {"generations": 4, "stop_at_skips": 1, "order": 1},
        ),
    ),
    "enas": Method(
        {"layer0.op": ["a", "b"], "layer2.op": ["a", "b"], "layer2.skip0": ["no", "yes"]},
        (
            {"samples": 2, "updates": 2, "children": 2},
            {"samples": 2, "updates": 3, "children": 1, "parallel": 2, "overlap": True},
            {"samples": 1, "updates": 1, "children": 1, "workers": 2},
        ),
        examples=10,
    ),
    "evolution": Method(
        _NESTED,
        (
            {"population": 3, "sample": 2},
            {"population": 4, "sample": 3, "crossover": 0.5},
            {"population": 2, "inherit": False},
        ),
    ),
    "gp": Method(
        {"x": _NUMBERS["x"]},
        ({"startup": 2},),
        unsaved="the sampler keeps its last fit in tensors of its own",
    ),
    "grid": Method(
        {"n": _NUMBERS["n"], "op": _NUMBERS["op"]}, ({}, {"initial": [{"n": 3, "op": "b"}]})
    ),
    "hyperband": Method(_NUMBERS, ({}, {"initial": _FIRST}), {**_RESOURCE, "max": 3}),
    "large_scale_evolution": Method(_LAYERS, ({"population": 3}, {"population": 2})),
    "morphism": Method(
        {"network": _LAYERS["network"]},
        ({"width": 2, "neighbours": 1, "max_layers": 10},),
        examples=4,
    ),
    "nasnet": Method(_OPTIONS, ({"units": 3, "batch": 2, "passes": 2},)),
    "pbt": Method(_NESTED, ({"population": 3}, {"population": 4, "quantile": 0.5}), _RESOURCE),
    "random": Method(_NUMBERS, ({}, {"initial": _FIRST})),
    "reinforce": Method(_OPTIONS, ({}, {"initial": [{"op": "b", "act": "relu"}]})),
    "replay": Method(
        {},
        (
            {"proposals": [{"params": {"x": at}, "parents": [at - 1][:at]} for at in range(9)]},
            {"proposals": [{"params": {"x": at}, "parents": [0]} for at in (1, 2)], "first": 1},
        ),
    ),
    "tpe": Method(_NESTED, ({"startup": 2, "candidates": 3}, {"startup": 0}), examples=15),
}


def create(
    name: str, seed: int, args: Mapping[str, Any], objectives: Objectives | None = None
) -> Tuner:
    """A tuner as its process constructs it."""
    method = METHODS[name]
    more: dict[str, Any] = dict(args)
    if method.resource is not None:
        more["resource"] = method.resource
    if objectives is not None:
        more["objectives"] = objectives
    maximize = objectives is None or objectives.first.maximize
    tuner: Tuner = find("tuner", name)(method.space, seed=seed, maximize=maximize, **more)
    return tuner
