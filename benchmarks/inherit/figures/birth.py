"""What a child has lost at birth: its accuracy before its first step, beside its parent's value."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import mean
from typing import Any

from benchmarks.inherit.figures.runs import Run

NOTHING, SEVERAL = "nothing", "several"
LARGER, SMALLER = ", larger", ", smaller"
_GRAPH = "graph"  # the param of the example for reading comprehension: a list of layers with names
_AMOUNT = ("epochs", "epochs_from")  # no part of a candidate
_OPTION = "_name"  # of a nested option, in its params


@dataclass(frozen=True)
class Birth:
    """The children of one kind of change. Numbers are means.

    Args:
        change: the last part of the label that differs from the parent's and, of a number,
            whether it is larger or smaller, such as `width, larger`; `nothing`, or `several`.
        children: how many.
        share: of their numbers that they inherited.
        before: their accuracy before the first step.
        lost: how much less that is than the parent's value.
        gained: how much more their own value is than the parent's.
    """

    change: str
    children: int
    share: float
    before: float
    lost: float
    gained: float


def births(runs: Iterable[Run]) -> list[Birth]:
    """The children of searches by change, the most frequent change first."""
    found: dict[str, list[tuple[float, ...]]] = {}
    for run in runs:
        for change, numbers in _of(run):
            found.setdefault(change, []).append(numbers)
    rows = [
        Birth(change, len(numbers), *(mean(column) for column in zip(*numbers, strict=True)))
        for change, numbers in found.items()
    ]
    return sorted(rows, key=lambda row: (-row.children, row.change))


def _of(run: Run) -> Iterator[tuple[str, tuple[float, ...]]]:
    by_id = {trial.id: trial for trial in run.trials}
    for trial in run.trials:
        if not trial.restored or trial.value is None or trial.before is None:
            continue
        parent = by_id[trial.restored[0]]
        if parent.value is None:
            continue
        lost, gained = parent.value - trial.before, trial.value - parent.value
        yield change(parent.params, trial.params), (trial.share or 0, trial.before, lost, gained)


def change(parent: Mapping[str, Any], child: Mapping[str, Any]) -> str:
    """What differs. A label that only one of the two has comes with another one that differs.

    Of a graph it is what the mutation did to its layers.
    """
    if _GRAPH in parent and _GRAPH in child:
        return _change_of_graph(parent[_GRAPH], child[_GRAPH])
    before, after = dict(_flat(parent)), dict(_flat(child))
    labels = {
        label.rpartition(".")[2] + _direction(before[label], after[label])
        for label in before.keys() & after.keys()
        if json.dumps(before[label]) != json.dumps(after[label])
    }
    if not labels:
        return NOTHING
    return labels.pop() if len(labels) == 1 else SEVERAL


def _change_of_graph(
    parent: Sequence[Mapping[str, Any]], child: Sequence[Mapping[str, Any]]
) -> str:
    before, after = ({layer["name"]: layer for layer in graph} for graph in (parent, child))
    added, removed = after.keys() - before.keys(), before.keys() - after.keys()
    if added:
        return "layer exchanged" if removed else "layer inserted"
    if removed:
        return "layer removed"
    return NOTHING if before == after else "inputs of a layer"


def _direction(before: Any, after: Any) -> str:
    try:
        return LARGER if float(after) > float(before) else SMALLER
    except (TypeError, ValueError):
        return ""


def _flat(params: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for label, value in params.items():
        if label in (_OPTION, *_AMOUNT):
            continue
        if isinstance(value, Mapping) and _OPTION in value:
            yield label, value[_OPTION]
            yield from _flat(value)
        else:
            yield label, value
