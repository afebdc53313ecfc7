"""Real tuners that share weights along a chain: their spaces, what trials report, and rules."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Any

from controller.core import events as e

EDGES = ("0_2", "1_2", "0_3", "1_3", "2_3")
OPERATIONS = ["none", "skip_connect", "conv"]
ARGS: dict[str, dict[str, Any]] = {
    "darts": {"generations": 6, "epochs": 2},
    "enas": {"samples": 2, "updates": 2, "children": 2},
}
SPACES: dict[str, dict[str, Any]] = {
    "darts": {f"normal.{edge}": OPERATIONS for edge in EDGES},
    "enas": {"layer0.op": ["a", "b"], "layer2.op": ["a", "b"], "layer2.skip0": ["no", "yes"]},
}


def reported(attempt: str, params: Mapping[str, Any]) -> dict[str, Any]:
    """What a trial of a chain reports beside its value; nothing for another trial."""
    if params.get("task") == "search":
        return {"alphas": {label: _alphas(f"{attempt} {label}") for label in SPACES["darts"]}}
    if params.get("task") == "evaluate":
        return {"rewards": [_number(f"{attempt} {text}") for text in params["samples"]]}
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
    """From which generation the next one may start: one whose weights no child has missed."""

    def __init__(self) -> None:
        self._proposed: dict[int, e.Proposed] = {}
        self._ends: dict[int, e.VerdictSeen] = {}
        self._restored: dict[tuple[int, int | None], tuple[int, ...]] = {}  # by attempt
        self._committed: list[int] = []  # trials of generations, in the order of their results
        self._lost: set[int] = set()  # those whose weights a child did not find

    def journaled(self, event: e.Event) -> None:
        """Take an event that was journaled."""
        match event:
            case e.Placed():
                self._restored[event.trial, event.number] = event.restore
            case e.VerdictSeen():
                self._ends.setdefault(event.trial, event)
            case e.ResultSent():
                self._observed(event.trial)

    def problem(self, event: e.Proposed) -> str:
        """What is wrong with the parents that a proposal of the search names, or empty."""
        self._proposed[event.trial] = event
        if event.params["task"] not in ("train", "search"):
            return ""
        if lost := self._lost.intersection(event.parents):
            return f"lets {event.trial} start from {lost}, whose weights are lost"
        if self._committed and not self._lost and event.parents != (self._committed[-1],):
            return f"lets {event.trial} start from {event.parents}, not from {self._committed[-1]}"
        return ""

    def _observed(self, trial: int) -> None:
        """The tuner has the result of a trial."""
        proposed, end = self._proposed.get(trial), self._ends.get(trial)
        if proposed is None or end is None:
            return
        succeeded = end.state == "succeeded"
        is_whole = not proposed.parents or bool(self._restored.get((trial, end.number)))
        if end.state == "skipped" or (succeeded and not is_whole):
            self._lost.update(proposed.parents)
        elif succeeded and end.weights and proposed.params["task"] in ("train", "search"):
            self._committed.append(trial)


def _alphas(text: str) -> dict[str, float]:
    numbers = {name: _number(f"{text} {name}") + 1e-6 for name in OPERATIONS}
    total = sum(numbers.values())
    return {name: number / total for name, number in numbers.items()}


def _number(text: str) -> float:
    return zlib.crc32(text.encode()) / 2**32
