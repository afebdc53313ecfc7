"""Checks that a proposal is plain JSON before it is sent to the controller."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from ..interface import Proposal
from .protocol import ProposalAnswer

PARAMS_LIMIT = 64 * 1024  # bytes of a trial's params as JSON


def plain_proposal(answer: Any) -> ProposalAnswer | None:
    """Convert what `propose` returned to JSON. None stays None. Raises TypeError."""
    if answer is None:
        return None
    if not isinstance(answer, Proposal):
        raise TypeError(f"propose must return a Proposal or None, not {type(answer).__name__}")
    params: Any = answer.params
    if not isinstance(params, Mapping):
        raise TypeError(f"params must be a dict, not {type(params).__name__}")
    params = dict(params)
    problem = problem_of(params, "params")
    if problem:
        raise TypeError(problem)
    size = len(json.dumps(params))
    if size > PARAMS_LIMIT:
        raise TypeError(
            f"params take {size} bytes as JSON, and at most {PARAMS_LIMIT} are possible: propose "
            "smaller ones, or let trials read large values from a file"
        )
    parents: Any = answer.parents
    if not isinstance(parents, (list, tuple)):
        raise TypeError(f"parents must be a list of trial ids, not {parents!r}")
    for parent in parents:
        if isinstance(parent, bool) or not isinstance(parent, int):
            raise TypeError(f"a parent must be a trial id (an int), not {parent!r}")
    candidate: Any = answer.candidate
    if not isinstance(candidate, bool):
        raise TypeError(f"candidate must be True or False, not {candidate!r}")
    plain: ProposalAnswer = {"params": params, "parents": list(parents)}
    return plain if candidate else {**plain, "candidate": False}


def problem_of(value: Any, path: str) -> str | None:
    """Describe the first part of a value that is not plain JSON; None if there is none."""
    if value is None or isinstance(value, (str, int)):
        return None
    if isinstance(value, float):
        what = path.partition("[")[0]
        return None if math.isfinite(value) else f"{path} is {value}: {what} must be finite"
    if isinstance(value, (list, tuple)):
        found = (problem_of(inner, f"{path}[{index}]") for index, inner in enumerate(value))
        return next((problem for problem in found if problem), None)
    if isinstance(value, dict):
        for key, inner in value.items():
            if not isinstance(key, str):
                return f"{path} has the key {key!r}: keys must be text"
            problem = problem_of(inner, f"{path}[{key!r}]")
            if problem:
                return problem
        return None
    kind = f"{type(value).__module__}.{type(value).__qualname__}".removeprefix("builtins.")
    return f"{path} is a {kind}, which is not plain JSON (use int(), float() or list())"
