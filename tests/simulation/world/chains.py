"""Real tuners that share weights along a chain: their spaces, what trials report, and rules."""

from __future__ import annotations

import random
import zlib
from collections.abc import Mapping
from typing import Any

from controller.core import events as e

EDGES = ("0_2", "1_2", "0_3", "1_3", "2_3")
OPERATIONS = ["none", "skip_connect", "conv"]
_SMALL = {"samples": 2, "updates": 2, "children": 2}
ARGS: dict[str, list[dict[str, Any]]] = {  # variants of each
    "darts": [{"generations": 6, "epochs": 2}],
    "enas": [
        _SMALL,
        {**_SMALL, "workers": 2},
        {**_SMALL, "workers": 3, "updates": 1},
        {**_SMALL, "workers": 2, "parallel": 2, "overlap": True},
    ],
}
SPACES: dict[str, dict[str, Any]] = {
    "darts": {f"normal.{edge}": OPERATIONS for edge in EDGES},
    "enas": {"layer0.op": ["a", "b"], "layer2.op": ["a", "b"], "layer2.skip0": ["no", "yes"]},
}


def args_of(name: str, seed: int) -> dict[str, Any]:
    """The arguments of a tuner in a run."""
    return random.Random(f"{seed} chain").choice(ARGS[name])


def reported(attempt: str, params: Mapping[str, Any]) -> dict[str, Any]:
    """What a trial of a chain reports beside its value; nothing for another trial."""
    if params.get("task") == "search":
        return {"alphas": {label: _alphas(f"{attempt} {label}") for label in SPACES["darts"]}}
    if params.get("task") == "evaluate":
        return {"rewards": [_reward(f"{attempt} {text}") for text in params["samples"]]}
    return {}


def problem(params: Mapping[str, Any], parents: list[Mapping[str, Any]]) -> str:
    """What is wrong with the parents that a tuner names, by their params; empty if nothing is.

    A generation starts from the one before. Every other trial starts from the one that its params
    name, or from nothing.
    """
    task, number = params["task"], params["generation"]
    is_generation = task in ("train", "search")
    if is_generation and bool(number) != bool(parents):
        return f"lets generation {number} start from {len(parents)} trials"
    for parent in parents:
        if parent["task"] not in ("train", "search"):
            return f"lets {task} {number} start from a trial of the task {parent['task']}"
        if parent["generation"] != number - is_generation:
            return f"lets {task} {number} start from generation {parent['generation']}"
        if task == "search" and parent["epochs"] != params["epochs_from"]:
            return f"lets {params} go on from {parent}"
    return ""


class LastGeneration:
    """From which generation trials may start: one whose weights no child has missed.

    Args:
        workers: how many trials train a generation.
    """

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._proposed: dict[int, e.Proposed] = {}
        self._ends: dict[int, e.VerdictSeen] = {}
        self._restored: dict[tuple[int, int | None], tuple[int, ...]] = {}  # by attempt
        self._begun: list[int] = []  # trials of the generation that trains
        self._observed: list[int] = []  # those of them whose results the tuner has
        self._committed: dict[int, tuple[int, ...]] = {}  # trials of each generation
        self._lost: set[int] = set()  # those whose weights a child did not find

    def journaled(self, event: e.Event) -> None:
        """Take an event that was journaled."""
        match event:
            case e.Placed():
                self._restored[event.trial, event.number] = event.restore
            case e.VerdictSeen():
                self._ends.setdefault(event.trial, event)
            case e.ResultSent():
                self._observe(event.trial)

    def problem(self, event: e.Proposed) -> str:
        """What is wrong with the parents that a proposal of the search names, or empty."""
        self._proposed[event.trial] = event
        is_generation = event.params["task"] in ("train", "search")
        if is_generation:
            self._begun.append(event.trial)
        if lost := self._lost.intersection(event.parents):
            return f"lets {event.trial} start from {lost}, whose weights are lost"
        from_nothing = event.params["task"] == "final" and not event.parents
        if self._lost or from_nothing:
            return ""
        number = max(self._committed, default=-1) if is_generation else event.params["generation"]
        wanted = self._committed.get(number, ())
        if event.parents != wanted:
            return f"lets {event.trial} start from {event.parents}, not from {wanted}"
        return ""

    def _observe(self, trial: int) -> None:
        """The tuner has the result of a trial."""
        proposed, end = self._proposed.get(trial), self._ends.get(trial)
        if proposed is None or end is None:
            return
        if end.state == "skipped" or (end.state == "succeeded" and not self._is_whole(trial)):
            self._lost.update(proposed.parents)
        if trial in self._begun:
            self._observed.append(trial)
        if len(self._observed) == self._workers:
            committed = tuple(each for each in self._observed if self._is_committed(each))
            if committed:
                self._committed[proposed.params["generation"]] = committed
            self._begun, self._observed = [], []

    def _is_whole(self, trial: int) -> bool:
        """Whether a trial started from weights, if it was to."""
        restored = self._restored.get((trial, self._ends[trial].number))
        return bool(restored or not self._proposed[trial].parents)

    def _is_committed(self, trial: int) -> bool:
        end = self._ends[trial]
        return end.state == "succeeded" and bool(end.weights) and self._is_whole(trial)


def _alphas(text: str) -> dict[str, float]:
    numbers = {name: _number(f"{text} {name}") + 1e-6 for name in OPERATIONS}
    total = sum(numbers.values())
    return {name: number / total for name, number in numbers.items()}


def _number(text: str) -> float:
    return zlib.crc32(text.encode()) / 2**32


def _reward(text: str) -> float | None:
    """A reward; None stands for one that is no finite number."""
    number = _number(text)
    return None if number < 0.1 else number
