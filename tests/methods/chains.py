"""Whether a chain of shared weights has learned, and the network that comes of it has inherited."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any

MEASURED = ("search", "evaluate")  # the tasks whose values tell how good a generation is
FINAL = "final"
# The accuracy of what the last network inherits, at least. By chance it is 0.1, with a standard
# deviation of 0.01 for 1000 images.
ABOVE_CHANCE = 0.13

Trials = Sequence[Mapping[str, Any]]


def problems(trials: Trials) -> list[str]:
    """What is wrong with the chain of a search; empty for a search without a chain.

    trials: as `heirloom trials --json` lists them.
    """
    if not any("task" in trial["params"] for trial in trials):
        return []
    good = [trial for trial in trials if trial["state"] == "succeeded"]
    finals = [trial for trial in good if trial["params"].get("task") == FINAL]
    return [*_not_rising(_values(good)), *_no_heir(finals)]


def _values(trials: Trials) -> list[float]:
    """The mean value of each generation, in the order of the generations."""
    found: dict[int, list[float]] = {}
    for trial in trials:
        if trial["params"].get("task") in MEASURED:
            found.setdefault(trial["params"]["generation"], []).append(trial["value"])
    return [fmean(values) for _, values in sorted(found.items())]


def _not_rising(values: list[float]) -> list[str]:
    if len(values) > 1 and values[-1] > values[0]:
        return []
    shown = ", ".join(f"{value:.3f}" for value in values)
    return [f"its last generation is not better than its first: {shown or 'there is none'}"]


def _no_heir(finals: Trials) -> list[str]:
    heirs = [trial["result"]["before"] for trial in finals if trial["restored"]]
    if len(finals) != 2 or len(heirs) != 1:
        return [
            f"{len(finals)} last networks succeeded, {len(heirs)} with inherited weights: one from "
            "nothing and one with inherited weights are needed"
        ]
    if heirs[0] < ABOVE_CHANCE:
        return [
            f"its last network begins with an accuracy of {heirs[0]:.2f}, and {ABOVE_CHANCE} is "
            "needed"
        ]
    return []
