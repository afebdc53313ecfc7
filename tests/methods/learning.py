"""Whether a search with a method has learned, and its children have inherited."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

BEST, SHORT_BEST = 0.5, 0.35  # the accuracy of the best trial, at least; by chance it is 0.1
BEFORE = 0.3  # the median accuracy of children before their first step, at least
SHARE = 0.5  # the median share of a child's numbers that is inherited, at least

CONTROLS = ("nasnet",)  # whose children all train from nothing
# Where the parent is not mutated but found, among the few random networks that have ended by then:
# 8 of 32 filters, and inputs alike, are a sixteenth of a layer's weights; few cells have the same
# operation at the same place.
SHARES = {"nasnet_nearest": 0.03, "random": 0.03}
# Where most children compute something else than their parents: they may begin at chance.
# A supernet of DARTS begins at chance, too; tests/methods/chains.py says when it learns. Of ENAS it
# is the last network alone.
BEFORES = {
    "darts": 0.05,
    "darts_second_order": 0.05,
    "enas_macro": 0.15,
    "enas_micro": 0.15,
    "large_scale_evolution": 0.05,
    "nasnet_nearest": 0.05,
    "random": 0.05,
}


@dataclass(frozen=True)
class Learning:
    """What the trials of a search have learned. Accuracies and shares are from 0 to 1."""

    trials: int
    succeeded: int
    best: float | None  # of the candidates; None: none succeeded
    children: int  # that succeeded and started from weights
    share: float | None  # the median of the children; None without any
    before: float | None  # the median accuracy of the children before their first step


def measure(trials: Sequence[Mapping[str, Any]]) -> Learning:
    """Measure the trials that `heirloom trials --json` lists."""
    good = [trial for trial in trials if trial["state"] == "succeeded"]
    results = [trial["result"] for trial in good if trial["restored"]]
    befores = [result["before"] for result in results if "before" in result]
    return Learning(
        trials=len(trials),
        succeeded=len(good),
        best=max((trial["value"] for trial in good if trial["candidate"]), default=None),
        children=len(results),
        share=median(result["inherited"]["share"] for result in results) if results else None,
        before=median(befores) if befores else None,
    )


def problems(method: str, found: Learning, least: int, accuracy: float = BEST) -> list[str]:
    """What is wrong with the search of a method; empty if it has learned as it should.

    least: the number of trials that must succeed.
    accuracy: what the best of them must reach.
    """
    texts = []
    if found.succeeded < least:
        texts.append(f"{found.succeeded} of {found.trials} trials succeeded, and {least} must")
    if found.best is None or found.best < accuracy:
        texts.append(
            f"it does not learn: its best accuracy is {found.best}, and {accuracy} is needed"
        )
    if method in CONTROLS:
        if found.children:
            texts.append(f"{found.children} of its trials have inherited, and none may")
        return texts
    if found.share is None or found.before is None:
        return [*texts, "no trial has inherited"]
    if found.share < (share := SHARES.get(method, SHARE)):
        texts.append(f"its children inherit {found.share:.0%}, and {share:.0%} is needed")
    if found.before < (before := BEFORES.get(method, BEFORE)):
        texts.append(
            f"its children begin with an accuracy of {found.before:.2f}, and {before} is needed"
        )
    return texts
