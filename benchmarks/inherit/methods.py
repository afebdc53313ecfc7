"""The searches that are compared: the experiment of each method, arm, length and seed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from benchmarks.trials.inherit.sizes import Reading, Size

TRIALS = Path(__file__).resolve().parent.parent / "trials"
GENERATION = 2  # epochs of a generation of shared weights
UPDATES = 3  # steps of the policy for each of them
FURTHER = "further"
TITLES = {"a": "A", "b": "B", FURTHER: "A that goes on"}
READING = "reading"  # the comparison of an example: another task, and extents of its own
FIXED = ("evolution", "random", "morphism", READING)  # trials of one arm have one length
EXAMPLE = Path(__file__).resolve().parents[2] / "examples/reading_comprehension"

Keys = dict[str, Any]  # of an experiment file


@dataclass(frozen=True)
class Task:
    """A search.

    Args:
        method: its name.
        arm: `a`, whose trials inherit; `b`, whose trials start from nothing; or `further`, which is
            arm A with more candidates.
        length: of the trials, as a multiple of that of arm A.
        seed: of the search.
    """

    method: str
    arm: str
    length: int
    seed: int

    @property
    def name(self) -> str:
        """A name for files."""
        return f"{self.method}-{self.arm}-{self.length}-{self.seed}"

    def __str__(self) -> str:
        return f"{self.method}, arm {TITLES[self.arm]} at length {self.length}, seed {self.seed}"


class Extent(NamedTuple):
    """How much is searched with a method.

    Args:
        candidates: of a search.
        epochs: of a trial of arm A.
        lengths: of arm B, as multiples of that.
        seeds: how many, from 0.
        final: the most epochs of a final training.
        repeats: final trainings of each network.
    """

    candidates: int
    epochs: int
    lengths: tuple[int, ...]
    seeds: int
    final: int
    repeats: int


def extent(method: str, size: Size, seeds: int) -> Extent:
    """The extent of a method where so many seeds are asked for."""
    of: Size | Reading = size
    if method == READING:
        of = reading = _reading_of(size)
        seeds = min(seeds, reading.seeds)
    return Extent(of.candidates, of.epochs, of.lengths, seeds, of.final, of.repeats)


def methods_of(size: Size) -> tuple[str, ...]:
    """The methods that a size has."""
    return tuple(name for name in METHODS if name != READING or size.reading is not None)


def tasks(method: str, size: Size, seed: int) -> list[Task]:
    """The searches of a method with one seed: arm A, and arm B at each length."""
    lengths = extent(method, size, 1).lengths
    return [Task(method, "a", 1, seed), *(Task(method, "b", by, seed) for by in lengths)]


def further_tasks(method: str, size: Size, seeds: int) -> list[Task]:
    """The searches in which arm A goes on, for methods that have them."""
    if method != "evolution":
        return []
    return [Task(method, FURTHER, 1, seed) for seed in range(seeds)]


def final_training(method: str, size: Size, network: Mapping[str, Any]) -> tuple[list[str], Keys]:
    """The command and the params of a training of a network from nothing."""
    epochs = str(extent(method, size, 1).final)
    if method == READING:
        return ["python", "-m", "inherit.reading", epochs], dict(network)
    return ["python", "-m", "inherit.final", epochs], {"chosen": network}


def experiment(task: Task, size: Size) -> Keys:
    """The keys of its experiment file, without those of all searches (see search.py)."""
    keys = _METHODS[task.method](size, task)
    if task.arm == "b":
        keys["inheritance"] = {"from": "none"}
    return {**keys, "seed": task.seed}


def _evolution(size: Size, task: Task) -> Keys:
    population = size.population[0]
    tuner = {"name": "evolution", "args": {"population": population, "sample": 3}}
    return {"model": "inherit.net.net", "tuner": tuner, **_fixed(size, task)}


def _random(size: Size, task: Task) -> Keys:
    return {
        "model": "inherit.net.net",
        "tuner": {"name": "random"},
        "inheritance": {"from": "nearest"},
        "lookahead": 0,
        **_fixed(size, task),
    }


def _morphism(size: Size, task: Task) -> Keys:
    shape = {"input": [1, size.side, size.side], "classes": 10}
    width, most = size.grown
    args = {"width": width, "max_parameters": most}
    return {
        "search_space": {"network": {"layers": shape}},
        "tuner": {"name": "morphism", "args": args},
        **_fixed(size, task),
    }


def _pbt(size: Size, task: Task) -> Keys:
    least, members = size.epochs * task.length, size.population[1]
    parts = size.candidates // members
    return {
        "model": "inherit.net.WithRate",
        "tuner": {"name": "pbt", "args": {"population": members}},
        "resource": {"name": "epochs", "min": least, "max": parts * least},
        "command": ["python", "-m", "inherit.candidate"],
    }


def _asha(size: Size, task: Task) -> Keys:
    least = size.epochs * task.length
    return {
        "model": "inherit.net.WithRate",
        "tuner": {"name": "asha"},
        "resource": {"name": "epochs", "min": least, "max": 9 * least, "eta": 3},
        "command": ["python", "-m", "inherit.candidate"],
        "budget": {"trials": size.candidates},
    }


def _enas(size: Size, task: Task) -> Keys:
    """Shared weights; and as their control NASNet's policy, whose children start from nothing."""
    if task.arm == "b":
        return {
            "model": "inherit.net.macro",
            "tuner": {"name": "nasnet"},
            **_fixed(size, task),
        }
    batches = -(-size.train // size.batch)  # of an epoch, each of which trains a sample
    args = {"children": GENERATION * batches, "updates": UPDATES, "learning_rate": 0.0035}
    final = size.epochs * max(size.lengths)
    return {
        "model": "inherit.net.macro",
        "tuner": {"name": "enas", "args": args},
        "command": ["python", "-m", "inherit.enas", str(GENERATION), str(final)],
        "budget": {"trials": size.generations * (1 + UPDATES)},
        "trial": {"weights": "optional"},  # an evaluation leaves none
    }


def _reading(size: Size, task: Task) -> Keys:
    """The example's experiment with a trial that reports its costs, and stops early."""
    given = yaml.safe_load((EXAMPLE / "experiment.yml").read_text())
    reading = _reading_of(size)
    tuner = {**given["tuner"], "args": {**given["tuner"]["args"], "population": reading.population}}
    return {
        **{name: given[name] for name in ("search_space", "lookahead", "on_parent_failure")},
        "tuner": tuner,
        "command": ["python", "-m", "inherit.reading", str(reading.epochs * task.length)],
        "budget": {"trials": reading.candidates},
    }


def _reading_of(size: Size) -> Reading:
    if size.reading is None:
        raise ValueError("this size has no searches of the example for reading comprehension")
    return size.reading


def _fixed(size: Size, task: Task) -> Keys:
    """Every trial trains as long as every other, unless it stops early."""
    return {
        "command": ["python", "-m", "inherit.candidate", str(size.epochs * task.length)],
        "budget": {"trials": size.candidates * (size.further if task.arm == FURTHER else 1)},
    }


_METHODS: Mapping[str, Callable[[Size, Task], Keys]] = {
    "evolution": _evolution,
    "pbt": _pbt,
    "morphism": _morphism,
    "asha": _asha,
    "random": _random,
    "enas": _enas,
    READING: _reading,
}
METHODS = tuple(_METHODS)
