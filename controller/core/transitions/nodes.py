"""What changes for a node. A node on which several attempts fail in a row is set aside."""

from __future__ import annotations

from controller.core import events as e
from controller.core.commands import SetAside
from controller.core.model import Attempt, NodeFailures, Outcome, Rules, Trial
from controller.core.state import ExperimentState

IN_A_ROW = 3  # trials that fail on a node before it is set aside
_FIRST_WAIT, _LONGEST_WAIT = 5.0, 900.0  # seconds until the node is probed
# After these outcomes the node is able to run trials.
_NODE_WORKS = (Outcome.COMMITTED, Outcome.STOPPED, Outcome.FAILED, Outcome.TIMEOUT)


def up(x: ExperimentState, event: e.NodeUp) -> None:
    """Place attempts on the node again."""
    x.set_aside.pop(event.node, None)
    x.placement.set_up(event.node)


def set_aside(x: ExperimentState, event: e.NodeSetAside) -> None:
    """Place nothing on the node."""
    x.commands.set_asides.done(event.node)
    x.set_aside[event.node] = event.reason
    x.placement.set_down(event.node, event.reason)


def blame_node(x: ExperimentState, trial: Trial, attempt: Attempt) -> None:
    """Set the node aside if its failures suffice. An end on an unreachable node proves nothing."""
    if x.placement.is_up(attempt.node):
        command = _count(x, trial, attempt)
        if command is not None:
            x.commands.set_asides.due[attempt.node] = command
    elif attempt.node in x.set_aside:
        attempt.excused = attempt.outcome is Outcome.REFUSED


def _count(x: ExperimentState, trial: Trial, attempt: Attempt) -> SetAside | None:
    """Count an attempt's end for its node; return the command if the node is to be set aside.

    Refused attempts that led to it are excused, since their trials never started.
    """
    failures = x.node_failures.setdefault(attempt.node, NodeFailures())
    if not _blames_node(attempt, x.rules):
        if attempt.outcome in _NODE_WORKS:
            x.node_failures[attempt.node] = NodeFailures()
        return None
    failures.row.append((trial.id, attempt))
    # A refused start blames the node, not the trial. The trial may have caused other ends.
    refused = sum(failed.outcome is Outcome.REFUSED for _, failed in failures.row)
    if not failures.times and max(refused, len({id for id, _ in failures.row})) < IN_A_ROW:
        return None
    count = len(failures.row)
    for number, failed in failures.row:
        failed.excused = failed.outcome is Outcome.REFUSED
        x.touched.add(number)
    wait = min(_FIRST_WAIT * 3**failures.times, _LONGEST_WAIT)
    failures.row.clear()
    failures.times += 1
    what = f"{count} attempts in a row" if count > 1 else "another attempt"
    return SetAside(f"{what} failed there, the last: {attempt.reason or attempt.outcome}", wait)


def _blames_node(attempt: Attempt, rules: Rules) -> bool:
    if attempt.rule is not None:
        return rules.retry[attempt.rule].exclude_node
    return attempt.outcome in (Outcome.REFUSED, Outcome.LOST)
