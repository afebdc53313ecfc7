"""Trials that fail alike. A mistake in the trial's code makes all of them fail so."""

from __future__ import annotations

import re

from controller.core.model import State, Trial
from controller.core.state import ExperimentState

FIRST = 3  # the search is paused if the first trials that end fail alike, as many as this
LATER = 20  # and later if as many in a row do
# What may differ between failures of one cause: addresses, absolute paths, digests, numbers.
_VARIABLE = re.compile(
    r"""0x[0-9a-fA-F]+
    | (?<![\w.])/[^\s'":,;()<>\[\]]+
    | \b(?=[a-fA-F]*[0-9])[0-9a-fA-F]{4,}\b
    | (?:(?<!\w)[-+])?[0-9]+(?:\.[0-9]*)?(?:[eE][-+]?[0-9]+)?""",
    re.VERBOSE,
)


def signature(reason: str) -> str:
    """The reason of a failure without what may differ between trials of one mistake."""
    return " ".join(_VARIABLE.sub("#", reason).split())


def count_verdict(x: ExperimentState, trial: Trial) -> None:
    """Count a trial that has just ended.

    A trial that was refused, lost, skipped or cancelled says nothing about the trial's code. A
    stopped one does: it ran as it should.
    """
    alike = x.alike
    if trial.state in (State.SUCCEEDED, State.STOPPED):
        alike.ended += 1
        alike.row, alike.due = [], None
    elif _is_own_failure(x, trial):
        alike.ended += 1
        found = signature(trial.attempts[-1].reason or trial.reason)
        if found != alike.signature:
            alike.row, alike.due = [], None
        alike.signature = found
        alike.row = [*alike.row, trial.id][-LATER:]
        count = len(alike.row)
        first = alike.ended == count == FIRST and not x.counts[State.SUCCEEDED]
        if first or count == LATER:
            reason = trial.attempts[-1].reason or trial.reason
            alike.due = f"{count} trials in a row failed alike: {reason}"


def _is_own_failure(x: ExperimentState, trial: Trial) -> bool:
    """Whether the trial failed by what its own process did.

    A retry rule may say that the node is to blame. That is believed of one node among others, and
    not where the trial failed so on several, or where there is one node alone.
    """
    last = trial.attempts[-1] if trial.attempts else None
    if trial.state is not State.FAILED or last is None or last.outcome is None:
        return False
    if last.rule is not None and x.rules.retry[last.rule].exclude_node:
        nodes = {attempt.node for attempt in trial.attempts if attempt.rule == last.rule}
        if len(nodes) == 1 and len(x.placement.nodes) > 1:
            return False
    return last.outcome.own_fault
