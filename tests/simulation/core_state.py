"""Compare the states of two cores, and check that one state is consistent."""

import copy
import math
from collections import Counter
from dataclasses import astuple, fields
from itertools import chain

from controller.core import events as e
from controller.core.model import AttemptState
from controller.core.usage.amounts import Usage, usage_of

INFRA_CAUSES = (("lost", "beaten", "committed"), ("refused",), ("full",), ("corrupt",))


def state_of(x):
    """The whole state except outdated entries of heaps.

    No decision depends on the order of `standing`.
    """
    left_out = {
        "touched",
        "standing",
        "armable",
        "queue",
        "placement",
        "search",
        "gc",
        "checkpoints",
        "commands",
        "conclusion",
    }
    plain = {name: value for name, value in vars(x).items() if name not in left_out}
    ordered = {
        name: list(value.items()) if type(value) is dict else value for name, value in plain.items()
    }
    state = {
        **ordered,
        "standing": set(x.standing),
        "trials": list(x.trials),
        "counts": {state: n for state, n in x.counts.items() if n},
        "queue": (x.queue.ready(), x.queue._unmet, x.queue._children),
        "placement": (
            x.placement.nodes,
            x.placement.down,
            x.placement._taken,
            x.placement.capacity,
            x.placement.best(),
        ),
        "search": vars(x.search),
        "conclusion": vars(x.conclusion),
        "gc": _plain(x.gc),
        "checkpoints": _plain(x.checkpoints),
        "commands": _pending(x.commands),
    }
    return copy.deepcopy(state)


def _plain(gc):
    return {
        name: list(value.items()) if type(value) is dict else value
        for name, value in vars(gc).items()
        if name != "_commands"
    }


def _pending(commands):
    """Every pending command, by kind and stage, in order."""
    kinds = {field.name: getattr(commands, field.name) for field in fields(commands)}
    return {
        name: (list(kind.due.items()), list(kind.issued.items())) for name, kind in kinds.items()
    }


def check(x):
    """Raise AssertionError if the state is inconsistent."""
    assert +x.counts == Counter(trial.state for trial in x.trials)
    assert all(count >= 0 for count in x.counts.values())
    on_nodes = [(t.id, t.attempts[-1].number) for t in x.trials if t.attempt is not None]
    assert sorted(x.on_nodes) == on_nodes
    held = [key for key in on_nodes if x.attempt(*key).state is AttemptState.ARMED]
    assert sorted(x.on_hold) == held
    taken = Counter(x.attempt(*key).node for key in on_nodes)
    assert {name: n for name, n in x.placement._taken.items() if n} == taken
    assert x.closed is None or not (x.on_nodes or x.open_trials or x.commands.results.due)
    _check_usage(x)
    for trial in x.trials:
        _check_trial(x, trial)


def _check_usage(x):
    """What was used is kept as a sum, which follows from the trials too."""
    used = Usage()
    for trial in x.trials:
        used.add(usage_of(trial))
    for found, known in zip(_numbers(used), _numbers(x.usage), strict=True):
        assert math.isclose(found, known, abs_tol=1e-6)


def _numbers(usage):
    amounts = (astuple(amount) for amount in (usage.total, usage.counted, usage.lost))
    return [*chain(*amounts), usage.attempts, usage.without_cpu, usage.without_gpu]


def _check_trial(x, trial):
    assert all(a.state is AttemptState.ENDED for a in trial.attempts[:-1])
    outcomes = Counter(str(attempt.outcome) for attempt in trial.attempts)
    own = outcomes["failed"] + outcomes["timeout"]
    ruled = Counter(attempt.rule for attempt in trial.attempts if attempt.rule is not None)
    assert own - ruled.total() <= x.rules.retries + 1
    assert all(count <= x.rules.retry[rule].times + 1 for rule, count in ruled.items())
    excused = Counter(
        str(attempt.outcome)
        for attempt in trial.attempts
        if attempt.excused or (attempt.outcome == "corrupt" and _lost(x, attempt.restore))
    )
    for cause in INFRA_CAUSES:
        assert sum(outcomes[name] - excused[name] for name in cause) <= x.rules.infra_retries + 1
    passing, checking = trial.id in x.commands.verdicts, trial.id in x.commands.checks
    queued = trial.id in x.queue
    if trial.state.is_verdict:
        assert not passing
        assert not checking
        assert not queued
        assert trial.reason or trial.state == "succeeded"
        return
    # A trial without a verdict has an attempt, a pending command or a place in the queue.
    assert trial.attempt is not None or passing or checking or queued, trial
    assert not (queued and (trial.attempt is not None or passing)), trial
    if queued:
        missing = {p for p in trial.restore if not x.trials[p].inheritable}
        assert x.queue.unmet(trial.id) == missing
        assert (trial.state == "ready") == (not missing)
        for parent in missing:
            assert not x.trials[parent].state.is_verdict, (
                "the parent has ended and the child still waits for it"
            )
        if missing and all(x.trials[p].attempt is not None for p in missing):
            assert trial.id in x.armable
    elif trial.attempt is not None:
        running = trial.attempt.state is AttemptState.RUNNING
        assert trial.state == ("running" if running else "armed")


def _lost(x, parents):
    return any(x.trials[p].state.is_verdict and not x.trials[p].inheritable for p in parents)


def started_in_pauses(journal):
    """The decisions to start something that were made while the search was paused."""
    found, paused = [], False
    for event in journal:
        if isinstance(event, e.Paused | e.Continued | e.Opened):
            paused = isinstance(event, e.Paused)
        elif paused and isinstance(event, e.Placed | e.ProposalAsked):
            found.append(event)
    return found


def check_decisions(journal):
    """Raise AssertionError if a decision was made twice, or in a pause."""
    assert not started_in_pauses(journal)
    sent = Counter(event.trial for event in journal if isinstance(event, e.ResultSent))
    assert not sent or max(sent.values()) == 1
    placed = [(event.trial, event.number) for event in journal if isinstance(event, e.Placed)]
    assert len(set(placed)) == len(placed)
