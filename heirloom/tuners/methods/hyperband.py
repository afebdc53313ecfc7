"""Hyperband."""

from __future__ import annotations

import math
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
class _Start:
    """A candidate of a rung that is to be trained."""

    params: dict[str, Any]
    parent: Optional[int] = None
    since: int = 0


@dataclass(frozen=True)
class _Ended:
    """A trial of a rung that has ended. `value` is None unless it succeeded."""

    trial: int
    params: dict[str, Any]
    value: Optional[float]
    weights: bool


@dataclass
class _Bracket:
    """A run of successive halving.

    `waiting` are the candidates of its rung that did not start; None: one that is new.
    """

    sizes: list[tuple[int, int]]  # of each rung: the number of candidates, and the amount
    rung: int = 0
    waiting: list[Optional[_Start]] = field(default_factory=list)
    under_way: set[int] = field(default_factory=set)
    ended: list[_Ended] = field(default_factory=list)

    def state(self) -> Any:
        """The bracket as plain JSON."""
        return {
            "sizes": self.sizes,
            "rung": self.rung,
            "waiting": [start and astuple(start) for start in self.waiting],
            "under_way": sorted(self.under_way),
            "ended": list(map(astuple, self.ended)),
        }

    @classmethod
    def of_state(cls, state: Any) -> _Bracket:
        """The bracket that `state` returned this for."""
        return cls(
            [(count, amount) for count, amount in state["sizes"]],
            state["rung"],
            [start and _Start(*start) for start in state["waiting"]],
            set(state["under_way"]),
            [_Ended(*ended) for ended in state["ended"]],
        )


def brackets(least: int, most: int, eta: int) -> list[list[tuple[int, int]]]:
    """The brackets of one round: of each rung the number of candidates, and the amount.

    Algorithm 1 of the paper, with R = most / least. The first bracket has the most candidates.
    """
    largest = int(math.log(most / least, eta) + 1e-9)
    found = []
    for s in range(largest, -1, -1):
        count = math.ceil((largest + 1) * eta**s / (s + 1))
        found.append([(count // eta**rung, most // eta ** (s - rung)) for rung in range(s + 1)])
    return found


class Hyperband(Tuner):
    """Hyperband: brackets of successive halving, from many short trainings to few long ones.

    A bracket trains its candidates, and 1 of `eta` of them goes on to `eta` times as much, until
    the last rung. While a rung waits for its last trials, the next bracket starts, so that no slot
    is idle; in the paper it starts when the one before has ended. A promoted candidate is a child
    of itself at the lower rung: it starts from those weights, and only trains what is left.

    Li et al.: Hyperband: A Novel Bandit-Based Approach to Hyperparameter Optimization, JMLR 18
    (2018), https://arxiv.org/abs/1603.06560, algorithm 1

    The experiment file's `resource` has the smallest and the largest amount, and `eta`. It starts
    again after the last bracket, until the budget ends.

    Args:
        initial: candidates to begin with.

    Raises ValueError if `resource` is missing, SpaceError for a wrong search space.
    """

    lookahead = 0

    def __init__(
        self,
        space: dict[str, Any],
        *,
        seed: int,
        maximize: bool,
        resource: Optional[Mapping[str, Any]] = None,
        initial: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        self._resource = Resource.of(resource, space)
        self._initial = Initial(parse(space), initial)
        self._rng = random.Random(seed)  # noqa: S311 - a search must be repeatable
        self._objective = Objective(maximize=maximize)
        self._started = 0  # number of brackets so far
        self._brackets: list[_Bracket] = []
        self._bracket_of: dict[int, _Bracket] = {}

    def propose(self, trial_id: int) -> Proposal:
        """The next candidate of the oldest bracket that has one, or the first of a new one."""
        bracket = next((each for each in self._brackets if each.waiting), None)
        if bracket is None:
            bracket = self._next_bracket()
        start = bracket.waiting.pop(0) or _Start(self._candidate())
        bracket.under_way.add(trial_id)
        self._bracket_of[trial_id] = bracket
        _, until = bracket.sizes[bracket.rung]
        return self._resource.proposal(start.params, until, start.parent, start.since)

    def observe(self, result: Result) -> None:
        """Note the result, and promote the best candidates when all of a rung have ended."""
        bracket = self._bracket_of.pop(result.trial_id, None)
        if bracket is None:
            return
        bracket.under_way.discard(result.trial_id)
        value = result.value if result.state == "succeeded" else None
        params = self._resource.without(result.params)
        bracket.ended.append(_Ended(result.trial_id, params, value, result.weights))
        if not bracket.waiting and not bracket.under_way:
            self._promote(bracket)

    def may_be_parent(self, trial_id: int) -> bool:
        """Whether its rung is not complete, or it waits to go on."""
        return trial_id in self._bracket_of or any(
            trial_id in {ended.trial for ended in bracket.ended}
            or trial_id in {start.parent for start in bracket.waiting if start}
            for bracket in self._brackets
        )

    def state(self) -> Any:
        """See Tuner."""
        return {
            "initial": self._initial.state(),
            "random": generator_state(self._rng),
            "started": self._started,
            "brackets": [bracket.state() for bracket in self._brackets],
        }

    def load_state(self, state: Any) -> None:
        """See Tuner."""
        self._initial.load_state(state["initial"])
        load_generator(self._rng, state["random"])
        self._started = state["started"]
        self._brackets = list(map(_Bracket.of_state, state["brackets"]))
        self._bracket_of = {
            trial: bracket for bracket in self._brackets for trial in bracket.under_way
        }

    def _candidate(self) -> dict[str, Any]:
        """A new candidate."""
        return self._initial.draw(self._rng)

    def _promote(self, bracket: _Bracket) -> None:
        valued = [(each, each.value) for each in bracket.ended if each.value is not None]
        _, since = bracket.sizes[bracket.rung]
        bracket.rung += 1
        bracket.ended = []
        if bracket.rung == len(bracket.sizes) or not valued:
            self._brackets.remove(bracket)
            return
        count, _ = bracket.sizes[bracket.rung]
        ranked = self._objective.ranked(valued, lambda pair: pair[1])
        for ended, _ in ranked[:count]:
            parent = ended.trial if ended.weights else None
            bracket.waiting.append(_Start(ended.params, parent, since))

    def _next_bracket(self) -> _Bracket:
        resource = self._resource
        sizes = brackets(resource.least, resource.most, resource.eta)
        bracket = _Bracket(sizes[self._started % len(sizes)])
        self._started += 1
        count, _ = bracket.sizes[0]
        bracket.waiting = [None] * count
        self._brackets.append(bracket)
        return bracket
