"""Who descends from whom: coordinates of trials, families, and the best trial's line."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from controller.core.model import State, Trial
from controller.views.page.documents.analysis.lanes import lanes
from controller.views.page.documents.analysis.selection import with_ancestors
from controller.views.page.documents.analysis.steps import steps
from controller.views.page.source import Source, finite

LIMIT = 20_000  # trials
_FAMILIES = 200  # that are listed
_STATES = {state: number for number, state in enumerate(State)}


def document(source: Source) -> dict[str, Any]:
    """The trials as columns, further parents, the families, and the best trial's line.

    In `trials`, `parent` is the index of the first parent in the columns, or -1; `lane` the height
    in the picture by family; `generation` the number of ancestors along first parents; `family` an
    index in `families`; `state` an index in `states`. A family is a trial without a parent and all
    that descend from it along first parents; they are sorted by size.
    `others` has the indices of further parents and of the trials that start from them as well.
    """
    trials = with_ancestors(source, LIMIT)
    tree = _Tree(source, trials)
    families, family = _families(source, trials, tree)
    best = source.best
    return {
        "objective": {"name": source.objective.name, "maximize": source.objective.maximize},
        "span": list(source.span),
        "states": [str(state) for state in State],
        "total": len(source.by_id),
        "left_out": len(source.by_id) - len(trials),
        "best": None if best is None else best.id,
        "trials": {
            "id": [trial.id for trial in trials],
            "parent": tree.parent,
            "lane": tree.lane,
            "generation": tree.generation,
            "family": family,
            "state": [_STATES[trial.state] for trial in trials],
            "value": [finite(trial.value) for trial in trials],
        },
        "imported": [at for at, trial in enumerate(trials) if trial.origin is not None],
        "others": tree.others,
        "families": families,
        "line": steps(source, source.line),
    }


class _Tree:
    """The trials as trees along first parents, by index."""

    def __init__(self, source: Source, trials: Sequence[Trial]) -> None:
        index = {trial.id: at for at, trial in enumerate(trials)}
        self.parent: list[int] = []
        self.generation: list[int] = []
        self.others: dict[str, list[int]] = {"from": [], "to": []}
        self.root: list[int] = []
        children: dict[int, list[int]] = defaultdict(list)
        roots: list[int] = []
        for at, trial in enumerate(trials):
            known = [index[each.id] for each in source.parents(trial) if each.id in index]
            first = known[0] if known else -1
            (roots if first < 0 else children[first]).append(at)
            self.parent.append(first)
            self.root.append(at if first < 0 else self.root[first])
            self.generation.append(0 if first < 0 else self.generation[first] + 1)
            for other in known[1:]:
                self.others["from"].append(other)
                self.others["to"].append(at)
        heights = lanes(children, roots)
        self.lane = [heights[at] for at in range(len(trials))]


def _families(
    source: Source, trials: Sequence[Trial], tree: _Tree
) -> tuple[dict[str, list[Any]], list[int]]:
    """The largest families as columns, and the index of each trial's family or -1."""
    members: dict[int, list[int]] = defaultdict(list)
    for at, root in enumerate(tree.root):
        members[root].append(at)
    largest = sorted(members, key=lambda root: (-len(members[root]), root))[:_FAMILIES]
    number = {root: at for at, root in enumerate(largest)}
    return (
        {
            "root": [trials[root].id for root in largest],
            "size": [len(members[root]) for root in largest],
            "generations": [
                1 + max(tree.generation[at] for at in members[root]) for root in largest
            ],
            "best": [_best(source, [trials[at] for at in members[root]]) for root in largest],
        },
        [number.get(root, -1) for root in tree.root],
    )


def _best(source: Source, trials: Sequence[Trial]) -> float | None:
    """The best value of candidates that succeeded."""
    values = [
        value
        for trial in trials
        if trial.state is State.SUCCEEDED
        and trial.candidate
        and (value := finite(trial.value)) is not None
    ]
    if not values:
        return None
    return max(values) if source.objective.maximize else min(values)
