"""The heights of trials in the lineage plot: a tree layout, with families side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

_GAP = 1.0  # between two families, in lanes


def lanes(children: Mapping[int, Sequence[int]], roots: Sequence[int]) -> dict[int, float]:
    """A height for each trial: a lane for each childless one, parents amid their children.

    `children` maps a trial to those drawn under it; ids grow from parent to child.
    """
    heights: dict[int, float] = {}
    free = 0.0
    for root in roots:
        family, stack = [], [root]
        while stack:
            trial = stack.pop()
            family.append(trial)
            stack.extend(reversed(children.get(trial, ())))
        for trial in family:
            if not children.get(trial):
                heights[trial] = free
                free += 1.0
        for trial in sorted(family, reverse=True):
            if below := children.get(trial):
                heights[trial] = (heights[below[0]] + heights[below[-1]]) / 2
        free += _GAP
    return heights
