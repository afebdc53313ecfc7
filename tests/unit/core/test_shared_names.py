"""The memory of many trials: names that they have in common."""

import json

from controller.core import events as e
from controller.core.experiment import Experiment
from controller.core.model import NodeInfo, Outcome, Rules, State
from controller.state.reading import trials


def decoded(value):
    """The value as a journal or a tuner's process gives it: with names of its own."""
    return json.loads(json.dumps(value))


def names(trial):
    held = (trial.params, trial.result, trial.seconds, trial.attempts[0].metrics)
    return [*(name for each in held for name in each), trial.attempts[0].node]


def ended(x, number):
    at = {"at": 1.0, "trial": number}
    first = {**at, "number": 1}
    params, result, seconds, metrics = decoded(
        [{"lr": 0.1}, {"value": 1.0, "depth": 2}, {"running": 2.0}, {"loss": 0.5}]
    )
    for event in (
        e.Proposed(**at, params=params),
        e.Placed(**first, node=decoded("no") + decoded("de")),
        e.Began(**first),
        e.Reported(**first, step=1, value=1.0, metrics=metrics),
        e.Ended(**first, outcome=Outcome.COMMITTED, seconds=seconds),
        e.VerdictSeen(**first, state=State.SUCCEEDED, value=1.0, result=result),
    ):
        x.apply(event)
    return x.trials[number]


def test_trials_that_ended_have_the_same_names_in_memory_once():
    x = Experiment(Rules(trials=2))
    x.apply(e.NodesFound(at=0.0, nodes=(NodeInfo("node", 1),)))
    first, second = ended(x, 0), ended(x, 1)
    assert names(first) == ["lr", "value", "depth", "running", "loss", "node"]
    assert all(a is b for a, b in zip(names(first), names(second), strict=True))
    assert first.result == {"value": 1.0, "depth": 2}
    stored = trials.decode(trials.encode(first))
    assert stored == first
    assert all(a is b for a, b in zip(names(first), names(stored), strict=True))
