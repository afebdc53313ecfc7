"""What may cross from a user's tuner to the controller: plain JSON and nothing else."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from .interface import Proposal


def plain_proposal(answer: Any) -> dict[str, Any] | None:
    """A tuner's answer as JSON: `{params, parents}`, or None for none. Raises TypeError."""
    if answer is None:
        return None
    if not isinstance(answer, Proposal):
        raise TypeError(f"a proposal is a Proposal or None, not {type(answer).__name__}")
    params: Any = answer.params
    if not isinstance(params, Mapping):
        raise TypeError(f"params must be a dict, not {type(params).__name__}")
    params = dict(params)
    problem = _problem(params, "params")
    if problem:
        raise TypeError(problem)
    parents: Any = answer.parents
    if not isinstance(parents, (list, tuple)):
        raise TypeError(f"parents must be a list of trial ids, not {parents!r}")
    for parent in parents:
        if isinstance(parent, bool) or not isinstance(parent, int):
            raise TypeError(f"a parent is a trial id (an int), not {parent!r}")
    return {"params": params, "parents": list(parents)}


def _problem(value: Any, place: str) -> str | None:
    """Words for the first thing that is no plain JSON, with its place; None if all is well."""
    if value is None or isinstance(value, (str, int)):
        return None
    if isinstance(value, float):
        return None if math.isfinite(value) else f"{place} is {value}: params must be finite"
    if isinstance(value, (list, tuple)):
        found = (_problem(inner, f"{place}[{index}]") for index, inner in enumerate(value))
        return next((problem for problem in found if problem), None)
    if isinstance(value, dict):
        for key, inner in value.items():
            if not isinstance(key, str):
                return f"{place} has the key {key!r}: keys must be text"
            problem = _problem(inner, f"{place}[{key!r}]")
            if problem:
                return problem
        return None
    kind = f"{type(value).__module__}.{type(value).__qualname__}".removeprefix("builtins.")
    return f"{place} is a {kind}, which is not plain JSON (use int(), float() or list())"
