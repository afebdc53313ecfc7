"""ASHA: asynchronous successive halving."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, field
from typing import Any, Optional

from ...objective import Objective
from ...space import parse
from ..generators import generator_state, load_generator
from ..initial import Initial
from ..interface import Proposal, Result, Tuner
from .resource import Resource


@dataclass(frozen=True)
class _Entry:
    trial: int
    params: dict[str, Any]
    value: float
    weights: bool


@dataclass
class _Rung:
    until: int
    entries: list[_Entry] = field(default_factory=list)
    promoted: set[int] = field(default_factory=set)


class Asha(Tuner):
    """Asynchronous successive halving: the best third of each rung trains three times as long.

    Whenever a trial can start, the highest rung is looked at first: a candidate that is among the
    best 1 of `eta` there, and was not promoted yet, is promoted. Otherwise a new candidate is drawn
    at random for the lowest rung. A promoted candidate is a child of itself at the lower rung: it
    starts from those weights, and only trains what is left.

    Li et al.: A System for Massively Parallel Hyperparameter Tuning, MLSys 2020,
    https://arxiv.org/abs/1810.05934, algorithm 2

    The experiment file's `resource` has the rungs. Its arguments:

    Args:
        early_stopping_rate: `s` of the paper: the lowest rung gets `eta ** s` times as much as
            `resource.min`. Default: 0.
        initial: candidates to begin with.

    Raises ValueError if `resource` is missing or has fewer than two rungs, SpaceError for a wrong
    search space.
    """

    lookahead = 0  # a promotion that is decided later knows more results

    def __init__(
        self,
        space: dict[str, Any],
        *,
        seed: int,
        maximize: bool,
        resource: Optional[Mapping[str, Any]] = None,
        early_stopping_rate: int = 0,
        initial: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        self._resource = Resource.of(resource, space)
        amounts = self._resource.rungs[early_stopping_rate:]
        if early_stopping_rate < 0 or len(amounts) < 2:
            raise ValueError(
                f"resource has {len(amounts)} rungs from early_stopping_rate "
                f"{early_stopping_rate} on, and asha needs two: make max at least eta times min"
            )
        self._initial = Initial(parse(space), initial)
        self._rng = random.Random(seed)  # noqa: S311 - a search must be repeatable
        self._objective = Objective(maximize=maximize)
        self._rungs = [_Rung(amount) for amount in amounts]
        self._under_way: dict[int, int] = {}  # the rung of each trial
        self._ended: set[int] = set()

    def propose(self, trial_id: int) -> Proposal:
        """The promotion of a candidate, or a new one."""
        for index in reversed(range(len(self._rungs) - 1)):
            entry = self._promotable(self._rungs[index])
            if entry is not None:
                self._rungs[index].promoted.add(entry.trial)
                self._under_way[trial_id] = index + 1
                parent = entry.trial if entry.weights else None
                until, since = self._rungs[index + 1].until, self._rungs[index].until
                return self._resource.proposal(entry.params, until, parent, since)
        self._under_way[trial_id] = 0
        return self._resource.proposal(self._initial.draw(self._rng), self._rungs[0].until)

    def observe(self, result: Result) -> None:
        """Add a trial that succeeded to its rung; an imported one to that of its amount."""
        self._ended.add(result.trial_id)
        rung = self._under_way.pop(result.trial_id, None)
        if result.imported:
            amount = result.params.get(self._resource.name)
            amounts = [each.until for each in self._rungs]
            rung = amounts.index(amount) if amount in amounts else None
        if rung is not None and result.state == "succeeded" and result.value is not None:
            params = self._resource.without(result.params)
            entry = _Entry(result.trial_id, params, result.value, result.weights)
            self._rungs[rung].entries.append(entry)

    def may_be_parent(self, trial_id: int) -> bool:
        """Whether the trial may still be promoted. A rung that grows makes room for worse ones."""
        if trial_id not in self._ended:
            return True
        return any(
            entry.trial == trial_id and entry.trial not in rung.promoted
            for rung in self._rungs[:-1]
            for entry in rung.entries
        )

    def state(self) -> Any:
        """See Tuner."""
        return {
            "initial": self._initial.state(),
            "random": generator_state(self._rng),
            "rungs": [
                {"entries": list(map(astuple, rung.entries)), "promoted": sorted(rung.promoted)}
                for rung in self._rungs
            ],
            "under_way": sorted(self._under_way.items()),
            "ended": sorted(self._ended),
        }

    def load_state(self, state: Any) -> None:
        """See Tuner."""
        self._initial.load_state(state["initial"])
        load_generator(self._rng, state["random"])
        for rung, saved in zip(self._rungs, state["rungs"]):
            rung.entries = [_Entry(*entry) for entry in saved["entries"]]
            rung.promoted = set(saved["promoted"])
        self._under_way = dict(state["under_way"])
        self._ended = set(state["ended"])

    def _promotable(self, rung: _Rung) -> _Entry | None:
        """The best candidate of the best 1 of `eta` that was not promoted, or None."""
        count = len(rung.entries) // self._resource.eta
        ranked = self._objective.ranked(rung.entries, lambda entry: entry.value)[:count]
        return next((entry for entry in ranked if entry.trial not in rung.promoted), None)
