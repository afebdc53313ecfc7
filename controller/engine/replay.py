"""From the journal to where the experiment stood."""

from __future__ import annotations

from typing import Any

from controller import config as configs
from controller.core import events as e
from controller.core.experiment import Experiment
from controller.core.model import State
from controller.core.results import result_of
from controller.state.journal import Journal
from controller.tuners.process import Call
from heirloom.tuners.nni.plain_json import final_value


def replay(config: configs.Experiment, journal: Journal) -> tuple[Experiment, list[Call]]:
    """The state that the journal leads to, and the calls of the tuner that it holds, in order.

    A call stands where it was made; what was never answered is left out.
    """
    experiment = Experiment(config.rules())
    calls: list[Call | None] = []
    asked: dict[int, int] = {}  # where the proposal of a trial belongs among the calls
    question: int | None = None  # where the one about parents belongs
    told: dict[int, int] = {}  # likewise its result
    for _, event in journal.read():
        experiment.apply(event)
        match event:
            case e.Opened():
                asked.clear()
                question = None
            case e.ParentsAsked():
                question = len(calls)
                calls.append(None)
            case e.ParentsAnswered() if question is not None:
                calls[question] = ("may_be_parent", event.trials)
                question = None
            case e.ProposalAsked():
                asked[event.trial] = len(calls)
                calls.append(None)
            case e.Proposed(retry_of=None) | e.ProposalWithheld() if event.trial in asked:
                calls[asked.pop(event.trial)] = ("propose", event.trial, event)
            case e.ResultSent():
                told[event.trial] = len(calls)
                calls.append(None)
            case e.Reported() if config.assessor is not None:
                calls.append(("report", event.trial, event.step, event.value, event.number))
    for trial, index in told.items():
        calls[index] = ("observe", result_of(experiment.trials[trial]))
    return experiment, [call for call in calls if call is not None]


def known(experiment: Experiment) -> dict[str, Any]:
    """What a tuner with NNI's interface is told when its search goes on, in place of its calls.

    `data`: the results that it was told of, in the form of `import_data`; `next`: the number of its
    next proposal.
    """
    data = [
        {"parameter": trial.params, "value": value}
        for trial in experiment.trials
        if trial.state is State.SUCCEEDED and trial.id not in experiment.commands.results.due
        if (value := final_value(trial.value, trial.result)) is not None
    ]
    return {"data": data, "next": experiment.next_parameter_id}
