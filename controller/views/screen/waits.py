"""What a search waits for, and what each of its trials waits for."""

from __future__ import annotations

from controller.core.experiment import Experiment
from controller.core.model import Attempt, AttemptState, State
from controller.engine.observer import Situation
from controller.formats import counted, duration

_PREPARATION = "the preparation of "  # a node
_THINKING = 2.0  # seconds in one proposal after which the tuner is waited for


def of_attempt(experiment: Experiment, trial: int, attempt: Attempt) -> str:
    """What an attempt on a node waits for, such as `trial 7`; empty while its process runs."""
    if (trial, attempt.number) in experiment.commands.ends.issued:
        return "its end"
    preparing = experiment.preparing.get(attempt.node)
    if preparing is not None and (preparing.trial, preparing.number) == (trial, attempt.number):
        return f"{_PREPARATION}{attempt.node}"
    if attempt.state is AttemptState.PLACED:
        return "Ansible"
    if attempt.state is AttemptState.RUNNING:
        return ""
    if preparing is not None:
        return f"{_PREPARATION}{attempt.node}"
    unmet = [parent for parent in attempt.restore if not experiment.trials[parent].inheritable]
    if not unmet:
        return "a slot"
    return f"{'trial' if len(unmet) == 1 else 'trials'} {', '.join(map(str, unmet))}"


def now(experiment: Experiment, situation: Situation) -> list[str]:
    """What a search waits for that a controller runs. Empty where none does."""
    if situation.no_controller is not None:
        return []
    return of_search(experiment, situation.tuner_thinking)


def seconds_thinking(experiment: Experiment, now: float) -> float | None:
    """How long the tuner has been at the proposal that it was asked for, if it is at one."""
    return None if experiment.asked is None else max(0.0, now - experiment.search.asked_at)


def of_search(experiment: Experiment, thinking: float | None) -> list[str]:
    """What the search waits for, the most general first. Empty while nothing is waited for.

    `thinking`: for how many seconds the tuner has been at a proposal, if it is at one.
    """
    x = experiment
    if x.closed is not None:
        return []
    found = []
    if x.paused is not None:
        found.append("a decision: the search is paused")
    if x.short is not None:
        found.append("free space on the store")
    found += _nodes(x)
    found += _tuner(x, thinking)
    return found + _trials(x)


def _nodes(x: Experiment) -> list[str]:
    """The nodes, where none of them can run trials."""
    down = x.placement.down
    if not down or len(down) < len(x.placement.nodes):
        return []
    aside = sum(node in x.set_aside for node in down)
    if aside == len(down):
        return [f"{_named(list(down))}: set aside"]
    return [f"{_named(list(down))}: no answer"]


def _named(nodes: list[str]) -> str:
    return f"node {nodes[0]}" if len(nodes) == 1 else f"all {len(nodes)} nodes"


def _tuner(x: Experiment, thinking: float | None) -> list[str]:
    if x.paused is not None or x.search.over is not None:
        return []
    if thinking is not None and thinking >= _THINKING:
        return [f"the tuner ({duration(thinking)})"]
    if x.search.coming or x.conclusion.asked:
        return ["the tuner"]
    if x.search.withheld:
        return ["results that the tuner wants first"]
    return []


def _trials(x: Experiment) -> list[str]:
    """What trials wait for, with their numbers."""
    prepared = f"{_PREPARATION}nodes" if len(x.preparing) > 1 else f"{_PREPARATION}a node"
    counts = {"a parent": x.counts[State.WAITING], "a slot": x.counts[State.READY], "Ansible": 0}
    counts[prepared] = 0
    for trial, number in x.on_nodes:
        what = of_attempt(x, trial, x.trials[trial].attempts[number - 1])
        if what.startswith("trial"):
            what = "a parent"
        if what.startswith(_PREPARATION):
            what = prepared
        if what in counts:
            counts[what] += 1
    return [f"{what} ({counted(count, 'trial')})" for what, count in counts.items() if count]
