"""Constructs a tuner for a search space, and reads what it declares about itself."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any, Optional

from ..interface import Tuner
from ..registry import objective_arguments
from .plain_json import plain_proposal
from .protocol import Declared, ProposalAnswer, Setup

NNI: Declared = {"lookahead": None, "ends_itself": False, "concludes": False, "chain": False}
NO_RESOURCE = "does not decide how long a trial trains: remove resource, or choose another tuner"


class RefusedError(ValueError):
    """The tuner cannot do what the experiment file asks for. The text names the tuner."""


def construct(create: type[Any], request: Setup, label: str) -> Tuner:
    """Construct the tuner of a setup. Raises RefusedError, or what its constructor raises."""
    supports = getattr(create, "supports", None)
    reason = supports(request["space"]) if supports is not None else None
    if reason is not None:
        raise RefusedError(f"{label} cannot search this space: {reason}")
    args = dict(request["tuner"].get("args", {}))
    if request.get("resource") is not None:
        if not takes_resource(create):
            raise RefusedError(f"{label} {NO_RESOURCE}")
        args["resource"] = request["resource"]
    directions = objective_arguments(label, create, request)
    tuner: Tuner = create(request["space"], seed=request["seed"], **directions, **args)
    return tuner


def takes_resource(create: type[Any]) -> bool:
    """Whether the tuner's constructor has an argument `resource`."""
    return "resource" in inspect.signature(create).parameters


def declared(tuner: Tuner) -> Declared:
    """What the tuner declares. Raises TypeError for a lookahead that is no number of trials."""
    lookahead: Any = getattr(tuner, "lookahead", None)
    is_count = isinstance(lookahead, int) and not isinstance(lookahead, bool) and lookahead >= 0
    if lookahead is not None and not is_count:
        raise TypeError(f"lookahead must be None or a whole number from 0, not {lookahead!r}")
    own = getattr(type(tuner), "conclude", Tuner.conclude)
    return {
        "lookahead": lookahead,
        "ends_itself": bool(getattr(tuner, "ends_itself", False)),
        "concludes": own is not Tuner.conclude,
        "chain": bool(getattr(tuner, "chain", False)),
    }


def possible_parents(tuner: Optional[Tuner], trials: Sequence[int]) -> list[bool]:
    """For each trial whether a later proposal may name it; never with NNI's interface."""
    return [tuner is not None and bool(tuner.may_be_parent(trial)) for trial in trials]


def conclusion(tuner: Tuner) -> list[ProposalAnswer]:
    """The last trials of the search, in plain JSON. Raises TypeError."""
    answer: Any = tuner.conclude()
    if not isinstance(answer, (list, tuple)):
        raise TypeError(f"conclude must return a list of Proposal, not {type(answer).__name__}")
    plain = [plain_proposal(proposal) for proposal in answer]
    found = [proposal for proposal in plain if proposal is not None]
    if len(found) < len(plain):
        raise TypeError("conclude must return a list of Proposal, and one of them is None")
    return found
