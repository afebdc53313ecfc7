"""Read the journal: the state it leads to, and the calls of the tuner that it holds."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

from controller import config as configs
from controller.core import events as e
from controller.core.experiment import Experiment
from controller.core.model import State
from controller.state.journal import Journal
from controller.tuners.calls import Call
from controller.tuners.results import result_of
from heirloom.tuners.nni.plain_json import final_value
from heirloom.tuners.process.protocol import KnownResult, Resume


class Replayed(NamedTuple):
    """What a journal leads to."""

    experiment: Experiment
    calls: list[Call]  # of the tuner, in the order in which they were made
    next_token: int  # the smallest number greater than that of every earlier proposal


def replay(config: configs.Experiment, journal: Journal) -> Replayed:
    """Apply the journal to a new state. Calls that the tuner never answered are left out."""
    experiment = Experiment(config.rules())
    calls: list[Call | None] = []
    asked: dict[int, int] = {}  # trial -> position of its proposal among the calls
    question: int | None = None  # position of the question about parents
    conclusions: deque[int] = deque()  # positions of requests for the last trials
    observed: dict[int, int] = {}  # trial -> position of its result
    next_token = 0
    for _, event in journal.read():
        experiment.apply(event)
        if isinstance(event, (e.Proposed, e.ProposalGivenUp)) and event.token is not None:
            next_token = max(next_token, event.token + 1)
        match event:
            case e.Opened():
                asked.clear()
                conclusions.clear()
                question = None
            case e.ParentsAsked():
                question = len(calls)
                calls.append(None)
            case e.ParentsAnswered() if question is not None:
                calls[question] = ("may_be_parent", event.trials)
                question = None
            case e.ConclusionAsked():
                conclusions.append(len(calls))
                calls.append(None)
            case e.Concluded() if conclusions:
                calls[conclusions.popleft()] = ("conclude", event)
            case e.ProposalAsked():
                asked[event.trial] = len(calls)
                calls.append(None)
            case e.Proposed(retry_of=None, concludes=False) | e.ProposalWithheld() if (
                event.trial in asked
            ):
                calls[asked.pop(event.trial)] = ("propose", event.trial, event)
            case e.ResultSent():
                observed[event.trial] = len(calls)
                calls.append(None)
            case e.ContinuedFrom() if config.assessor is not None:
                calls.append(("continued", event.trial, event.number, event.source, event.step))
            case e.Reported() | e.ReportedMany() if config.assessor is not None:
                calls.append(("reports", event.trial, event.number, event.reports))
    for trial, index in observed.items():
        calls[index] = ("observe", result_of(experiment.trials[trial], config.objectives))
    answered = [call for call in calls if call is not None]
    return Replayed(experiment, answered, next_token)


def known(replayed: Replayed) -> Resume:
    """What a tuner with NNI's interface gets at a resume, in place of its earlier calls.

    `data`: the results that it observed, in the form of NNI's `import_data`; `next`: the number
    of its next proposal.
    """
    experiment = replayed.experiment
    data: list[KnownResult] = [
        {"parameter": trial.params, "value": value}
        for trial in experiment.trials
        if trial.state is State.SUCCEEDED and trial.id not in experiment.commands.results.due
        if (value := final_value(trial.value, trial.result)) is not None
    ]
    return {"data": data, "next": replayed.next_token}
