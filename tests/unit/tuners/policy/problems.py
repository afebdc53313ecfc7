"""Spaces of choices, and what the derivatives of a policy are compared with."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from heirloom.space import parse
from heirloom.space.decisions import Decisions
from heirloom.tuners.policy.tape import Array, Value

NESTED = {
    "op": [{"_name": "conv", "kernel": [1, 3, 5], "act": ["relu", "tanh"]}, "pool", "skip"],
    "skip": [False, True],
    "last": ["a", "b", "c", "d"],
}
FLAT = {name: ["a", "b", "c"] for name in ("one", "two", "three")}


def decisions(space: Mapping[str, object] = NESTED) -> Decisions:
    return Decisions(parse(space))


def differences(
    parameters: Mapping[str, Value], objective: Callable[[], float], count: int = 12
) -> list[tuple[float, float]]:
    """Central differences by some numbers of each parameter, beside the derivatives found."""
    rng = np.random.default_rng(1)
    found = []
    grads = {name: each.grad for name, each in parameters.items()}
    for name, each in parameters.items():
        grad = grads[name]
        assert grad is not None
        assert grad.shape == each.data.shape
        for at in rng.choice(each.data.size, min(count, each.data.size), replace=False):
            index = np.unravel_index(at, each.data.shape)
            found.append((_difference(each.data, index, objective), float(grad[index])))
    return found


def _difference(data: Array, index: tuple[np.intp, ...], objective: Callable[[], float]) -> float:
    step, before = 1e-5, float(data[index])
    data[index] = before + step
    higher = objective()
    data[index] = before - step
    lower = objective()
    data[index] = before
    return (higher - lower) / (2 * step)
