"""Populations of an evolution: one whose oldest member leaves, and one that is selected."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ...objective import Standing, ranked


@dataclass(frozen=True)
class Member:
    """A trial that succeeded."""

    trial: int
    params: dict[str, Any]
    standing: Standing
    weights: bool

    def state(self) -> Any:
        """The member as plain JSON."""
        return [self.trial, self.params, list(self.standing), self.weights]

    @classmethod
    def of_state(cls, state: Any) -> Member:
        """The member that `state` returned this for."""
        trial, params, (violation, scores), weights = state
        return cls(trial, params, Standing(violation, tuple(scores)), weights)


class AgingPopulation:
    """The last `size` members, with one objective and no bound."""

    def __init__(self, size: int) -> None:
        self._members: deque[Member] = deque(maxlen=size)

    @property
    def members(self) -> Sequence[Member]:
        """The members, in the order in which they came."""
        return self._members

    def add(self, member: Member) -> None:
        """Add a member. The oldest one leaves if there are too many."""
        self._members.append(member)

    def state(self) -> Any:
        """The members as plain JSON."""
        return [member.state() for member in self._members]

    def load_state(self, state: Any) -> None:
        """Take the members from what `state` returned."""
        self._members.extend(map(Member.of_state, state))

    def best(self, contestants: Sequence[Member]) -> Member:
        """The winner of a tournament, the first among equals."""
        return max(contestants, key=lambda member: member.standing.scores)


class SelectedPopulation:
    """The `size` best members by feasibility, rank, crowding and id, as NSGA-II selects them.

    One member at a time is added and the worst one leaves, since trials end one at a time.

    Deb, Pratap, Agarwal, Meyarivan: A Fast and Elitist Multiobjective Genetic Algorithm: NSGA-II,
    2002, https://doi.org/10.1109/4235.996017; one at a time: Durillo, Nebro, Luna, Alba: On the
    Effect of the Steady-State Selection Scheme in Multi-Objective Genetic Algorithms, EMO 2009,
    https://doi.org/10.1007/978-3-642-01020-0_18
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._members: list[Member] = []
        self._places: dict[int, int] = {}  # by trial, 0 is the best

    @property
    def members(self) -> Sequence[Member]:
        """The members, in the order in which they came."""
        return self._members

    def add(self, member: Member) -> None:
        """Add a member. The worst one leaves if there are too many."""
        self._members.append(member)
        order = ranked({member.trial: member.standing for member in self._members})
        self._places = {trial: place for place, trial in enumerate(order[: self._size])}
        self._members = [member for member in self._members if member.trial in self._places]

    def state(self) -> Any:
        """The members as plain JSON, each with its place.

        The places cannot be computed again: they depend on the member that left last, too.
        """
        return [[self._places[member.trial], member.state()] for member in self._members]

    def load_state(self, state: Any) -> None:
        """Take the members from what `state` returned."""
        for place, member in state:
            self._members.append(Member.of_state(member))
            self._places[self._members[-1].trial] = place

    def best(self, contestants: Sequence[Member]) -> Member:
        """The winner of a tournament, the first among equals."""
        return min(contestants, key=lambda member: self._places[member.trial])
