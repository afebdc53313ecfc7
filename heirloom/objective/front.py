"""The Pareto front of a search, kept current while results arrive."""

from __future__ import annotations

from bisect import insort
from dataclasses import dataclass, field
from operator import ge
from typing import Optional

from .order import Standing, crowding

_Scores = tuple[float, ...]


@dataclass
class Front:
    """The candidates that no other one dominates.

    While no candidate is feasible, these are the ones with the smallest violation. To add a
    candidate takes time linear in the number of different scores on the front.
    """

    violation: float = float("inf")  # the same for all members
    _members: dict[_Scores, list[int]] = field(default_factory=dict)  # ids, ascending, by scores
    _numbers: set[int] = field(default_factory=set)  # the same ids
    _best: Optional[int] = field(default=None, compare=False)  # None: not known

    def add(self, number: int, standing: Standing) -> bool:
        """Take a candidate, of an id that is new. Return whether it is on the front now."""
        if standing.violation > self.violation:
            return False
        if standing.violation < self.violation:
            self._members.clear()
            self._numbers.clear()
            self.violation = standing.violation
        scores, members = standing.scores, self._members
        if self.is_feasible and scores not in members:
            if any(all(map(ge, member, scores)) for member in members):
                return False
            for member in [member for member in members if all(map(ge, scores, member))]:
                self._numbers.difference_update(members.pop(member))
        insort(members.setdefault(scores, []), number)
        self._numbers.add(number)
        self._best = None
        return True

    def __contains__(self, number: int) -> bool:
        """Whether the candidate of this id is on the front."""
        return number in self._numbers

    @property
    def is_feasible(self) -> bool:
        """Whether its candidates keep every constraint."""
        return self.violation == 0

    @property
    def ids(self) -> list[int]:
        """The candidates on the front, by id."""
        return sorted(self._numbers)

    @property
    def best(self) -> Optional[int]:
        """The candidate with the largest crowding distance, the first by id among equals.

        It is the first of `ranked`. With one objective it is the best, the first by id among
        equals. None without a candidate.
        """
        if self._best is None and self._members:
            members = sorted(
                (number, scores) for scores, same in self._members.items() for number in same
            )
            distances = crowding([Standing(self.violation, scores) for _, scores in members])
            self._best = members[distances.index(max(distances))][0]
        return self._best
