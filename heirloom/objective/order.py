"""The order of candidates with several objectives: dominance, fronts and crowding.

Deb, Pratap, Agarwal, Meyarivan: A Fast and Elitist Multiobjective Genetic Algorithm: NSGA-II,
IEEE Transactions on Evolutionary Computation 6 (2002), https://doi.org/10.1109/4235.996017
(constraints: section VI). The fronts are found as in Zhang, Tian, Cheng, Jin: An Efficient Approach
to Nondominated Sorting, IEEE Transactions on Evolutionary Computation 19 (2015), ENS-BS,
https://doi.org/10.1109/TEVC.2014.2308305.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from operator import ge
from typing import NamedTuple, Optional


class Standing(NamedTuple):
    """What the order of a candidate depends on."""

    violation: float  # of all constraints together; 0: it is feasible
    scores: tuple[float, ...]  # by objective; larger is better


def dominates(one: Standing, other: Standing) -> bool:
    """Whether a candidate dominates another one.

    A feasible candidate dominates an infeasible one, and of two infeasible candidates the one with
    the smaller violation does. Of two feasible candidates it is the one that is nowhere worse and
    somewhere better.
    """
    if one.violation != other.violation:
        return one.violation < other.violation
    if one.violation > 0 or one.scores == other.scores:
        return False
    return all(map(ge, one.scores, other.scores))


def fronts(standings: Sequence[Standing], count: Optional[int] = None) -> list[list[int]]:
    """The candidates by rank: those that none dominates, those that only these dominate, and so on.

    Candidates are named by their index, and are in the order of the indexes in each front. With
    `count`, later fronts are left out as soon as that many candidates are in earlier ones.
    """
    wanted = len(standings) if count is None else count
    order = sorted(
        range(len(standings)),
        key=lambda i: (standings[i].violation, [-score for score in standings[i].scores]),
    )
    feasible = [index for index in order if standings[index].violation == 0]
    if standings and len(standings[0].scores) == 1:  # the fronts are the equal ones
        found = [list(same) for _, same in groupby(feasible, lambda index: standings[index].scores)]
    else:
        found = _feasible_fronts(standings, feasible, wanted)
    rest = order[len(feasible) :]
    found += [list(same) for _, same in groupby(rest, lambda index: standings[index].violation)]
    kept: list[list[int]] = []
    for front in found:
        if wanted <= 0:
            break
        kept.append(sorted(front))
        wanted -= len(front)
    return kept


def crowding(standings: Sequence[Standing]) -> list[float]:
    """The crowding distance of each candidate of one front: larger where its neighbours are far.

    The ends of the front are infinitely far from others. An objective in which all are equal does
    not count.
    """
    distances = [0.0] * len(standings)
    for number in range(len(standings[0].scores) if standings else 0):
        scores = [standing.scores[number] for standing in standings]
        order = sorted(range(len(scores)), key=scores.__getitem__)
        if scores[order[0]] == scores[order[-1]]:
            continue
        halves = [score / 2 for score in scores]  # the difference of two scores may overflow
        width = halves[order[-1]] - halves[order[0]] or 1.0
        distances[order[0]] = distances[order[-1]] = float("inf")
        for before, index, after in zip(order, order[1:], order[2:]):
            distances[index] += (halves[after] - halves[before]) / width
    return distances


def ranked(standings: Mapping[int, Standing], count: Optional[int] = None) -> list[int]:
    """Ids of candidates, best first: by feasibility, rank, crowding and id; the first `count`."""
    ids = sorted(standings)
    ordered: list[int] = []
    for front in fronts([standings[number] for number in ids], count):
        distances = crowding([standings[ids[index]] for index in front])
        in_order = sorted(range(len(front)), key=lambda place: -distances[place])
        ordered += [ids[front[place]] for place in in_order]
    return ordered[:count]


def _feasible_fronts(
    standings: Sequence[Standing], order: Sequence[int], limit: int
) -> list[list[int]]:
    """The first `limit` fronts of feasible candidates, which are in descending order of scores.

    No candidate dominates an earlier one. If any member of a front dominates a candidate, so does a
    member of each earlier front, which allows a binary search.
    """
    found: list[list[int]] = []
    for index in order:
        low, high = 0, len(found)
        while low < high:
            middle = (low + high) // 2
            if _is_dominated(standings, found[middle], index):
                low = middle + 1
            else:
                high = middle
        if low < len(found):
            found[low].append(index)
        elif low < limit:
            found.append([index])
    return found


def _is_dominated(standings: Sequence[Standing], front: Sequence[int], index: int) -> bool:
    scores = standings[index].scores
    # With two objectives, the latest member of a front has the best second score.
    members = front[-1:] if len(scores) <= 2 else reversed(front)
    return any(
        standings[member].scores != scores and all(map(ge, standings[member].scores, scores))
        for member in members
    )
