"""The experiment that a journal leads to, and what a tuner with NNI's interface gets of it."""

from __future__ import annotations

from controller import config as configs
from controller.core import events as e
from controller.core.experiment import Experiment
from controller.core.model import State
from controller.state.journal import Journal
from controller.state.reading.reader import Restored
from heirloom.tuners.nni.plain_json import final_value
from heirloom.tuners.process.protocol import KnownResult, Resume


def restore(config: configs.Experiment, journal: Journal) -> Restored:
    """The experiment from the reading tables and the events after them.

    `seq` of the answer is the number of the last event in the tables. Where no tables fit, all
    events are applied. Raises JournalError.
    """
    with journal.snapshot():
        restored = journal.restore(config.rules)
        for _, event in journal.read(restored.seq):
            restored.experiment.apply(event)
    return restored


def replay(config: configs.Experiment, journal: Journal) -> Experiment:
    """The experiment from all events. Raises JournalError."""
    experiment = Experiment(config.rules())
    for _, event in journal.read():
        experiment.apply(event)
    return experiment


def known(config: configs.Experiment, journal: Journal, experiment: Experiment) -> Resume | None:
    """What a tuner or an assessor with NNI's interface gets at a resume.

    `data`: the results that the tuner observed, in the form of NNI's `import_data`; `next`: the
    number of its next proposal. None before the first opening, and where neither has the interface.
    """
    plugins = (config.tuner, config.assessor)
    has_nni = any(plugin is not None and plugin.interface == "nni" for plugin in plugins)
    if not has_nni or experiment.opened_at is None:
        return None
    data: list[KnownResult] = [
        {"parameter": trial.params, "value": value}
        for trial in experiment.trials
        if trial.state is State.SUCCEEDED and trial.id not in experiment.commands.results.due
        if (value := final_value(trial.value, trial.result)) is not None
    ]
    tokens = (
        event.token
        for _, event in journal.read(kinds=(e.Proposed, e.ProposalGivenUp))
        if isinstance(event, e.Proposed | e.ProposalGivenUp) and event.token is not None
    )
    return {"data": data, "next": 1 + max(tokens, default=-1)}
