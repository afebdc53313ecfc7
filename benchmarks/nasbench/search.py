"""One search on the table, through a tuner's own interface."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import mean
from typing import Any, Literal

from benchmarks.nasbench.table import SPACE, Table, key
from heirloom.space import expand
from heirloom.tuners.interface import Result, Tuner
from heirloom.tuners.registry import find

Values = Literal["run", "mean"]


@dataclass(frozen=True, slots=True)
class Task:
    """A search.

    Args:
        tuner: its name.
        arguments: of its constructor.
        values: what it is told of a network: `run`, the accuracy of one of its trainings, drawn at
            random each time; or `mean`, that of all of them.
        seed: of the tuner, and of these draws.
        looks: after how many networks the best one is noted, ascending.
    """

    tuner: str
    arguments: Mapping[str, Any]
    values: Values
    seed: int
    looks: Sequence[int]


def search(task: Task, table: Table) -> list[float]:
    """For each of `looks`, the mean accuracy of the network with the best value so far.

    One network after the other is looked at. One that is proposed again counts again.
    """
    tuner: Tuner = find("tuner", task.tuner)(
        expand(SPACE), seed=task.seed, maximize=True, **task.arguments
    )
    rng = random.Random(f"trainings {task.seed}")
    best, accuracy = -1.0, 0.0
    found = []
    for trial in range(task.looks[-1]):
        proposal = tuner.propose(trial)
        assert proposal is not None
        accuracies = table[key(proposal.params)]
        value = rng.choice(accuracies) if task.values == "run" else mean(accuracies)
        if value > best:
            best, accuracy = value, mean(accuracies)
        tuner.observe(Result(trial, "succeeded", value, proposal.params, weights=True))
        if trial + 1 in task.looks:
            found.append(accuracy)
    return found


def expected_best(table: Table, draws: int) -> float:
    """The expected accuracy of the best of random networks, drawn with replacement, by its mean."""
    accuracies = sorted(map(mean, table.values()))
    shares = [
        ((at + 1) / len(table)) ** draws - (at / len(table)) ** draws for at in range(len(table))
    ]
    return sum(map(float.__mul__, accuracies, shares))
