"""Repeats the proposals of an earlier search."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Optional

from ..objective import Objectives
from .interface import Proposal, SearchFinished, Tuner

_KEYS = {"params", "parents", "candidate"}


class Replay(Tuner):
    """Proposes the trials of a list in their order, each with its parents, then finishes.

    The search space does not matter: params are proposed as they are listed. `heirloom run --like
    NAME --replay` makes the list from the journal of an experiment.

    Args:
        proposals: mappings with `params`, and optionally `parents` and `candidate`. Parents are ids
            of the earlier search, in which the first of the list had the id `first` and each other
            one the next. Ids below `first` are those of imported trials, which both searches have.
        first: the id of the first proposal. Default: 0.

    Raises ValueError for a proposal of another form, and for a parent that is not before its child.
    """

    ends_itself = True
    takes_layers = True

    def __init__(
        self,
        space: dict[str, Any],
        *,
        seed: int,
        maximize: bool,
        objectives: Optional[Objectives] = None,
        proposals: Sequence[Mapping[str, Any]] = (),
        first: int = 0,
    ) -> None:
        self._proposals = [_proposal(at, each, first) for at, each in enumerate(proposals)]
        self._first = first
        self._ids: list[int] = []  # of the proposals that were made
        self._children: dict[int, int] = {}  # by parent, the position of its last child
        for at, proposal in enumerate(self._proposals):
            self._children.update(dict.fromkeys(proposal.parents, at))

    def propose(self, trial_id: int) -> Proposal:
        """The next proposal. Raises SearchFinished after the last."""
        if len(self._ids) == len(self._proposals):
            raise SearchFinished(f"all {len(self._ids)} proposals were repeated")
        listed = self._proposals[len(self._ids)]
        parents = [self._id(parent) for parent in listed.parents]
        self._ids.append(trial_id)
        return Proposal(listed.params, parents, listed.candidate)

    def may_be_parent(self, trial_id: int) -> bool:
        """Whether a proposal that is still to come names the trial."""
        if trial_id in self._ids:
            trial_id = self._first + self._ids.index(trial_id)
        elif trial_id >= self._first:  # a retry: no proposal of the list
            return False
        return self._children.get(trial_id, -1) >= len(self._ids)

    def state(self) -> Any:
        """The ids of the proposals that were made."""
        return {"ids": list(self._ids)}

    def load_state(self, state: Any) -> None:
        """See Tuner."""
        ids = list(state["ids"])
        if len(ids) > len(self._proposals):
            raise ValueError(f"{len(self._proposals)} proposals are listed, {len(ids)} were made")
        self._ids = ids

    def _id(self, parent: int) -> int:
        """The id in this search of a trial of the earlier one."""
        return parent if parent < self._first else self._ids[parent - self._first]


def _proposal(at: int, listed: Mapping[str, Any], first: int) -> Proposal:
    """The proposal at a position of the list, with the parents' ids of the earlier search."""
    if not _has_form(listed):
        raise ValueError(
            f"proposals: proposal {at} must have params, a mapping, and may have parents, a list "
            "of trial ids, and candidate"
        )
    parents = list(listed.get("parents", ()))
    late = [parent for parent in parents if not 0 <= parent < first + at]
    if late:
        raise ValueError(f"proposals: proposal {at} names the parent {late[0]}, which comes later")
    return Proposal(dict(listed["params"]), parents, bool(listed.get("candidate", True)))


def _has_form(listed: Any) -> bool:
    """Whether a proposal of the list has the keys that it may have, with values of their types."""
    if not isinstance(listed, Mapping) or not {"params"} <= listed.keys() <= _KEYS:
        return False
    parents = listed.get("parents", [])
    are_ids = isinstance(parents, (list, tuple)) and all(isinstance(each, int) for each in parents)
    return isinstance(listed["params"], Mapping) and are_ids
