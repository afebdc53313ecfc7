"""From the journal to where the experiment stood."""

from __future__ import annotations

from controller import config as configs
from controller.core import events as e
from controller.core.experiment import Experiment
from controller.journal import Journal
from controller.loop import result_of
from controller.tuners.process import Call


def replay(config: configs.Experiment, journal: Journal) -> tuple[Experiment, list[Call]]:
    """The state that the journal leads to, and the calls of the tuner that it holds, in order."""
    experiment = Experiment(config.rules())
    calls: list[Call] = []
    told: list[tuple[int, int]] = []  # where a trial's result belongs among the calls
    for _, event in journal.read():
        was_asked = experiment.asked
        experiment.apply(event)
        match event:
            case e.Proposed(retry_of=None) | e.ProposalWithheld() if was_asked == event.trial:
                calls.append(("propose", event.trial, event))
            case e.Told():
                told.append((len(calls), event.trial))
                calls.append(("observe", {}))
            case e.Reported() if config.assessor is not None:
                calls.append(("report", event.trial, event.step, event.value, event.number))
    for index, trial in told:
        calls[index] = ("observe", result_of(experiment.trials[trial]))
    return experiment, calls
