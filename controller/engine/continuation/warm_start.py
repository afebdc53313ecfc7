"""Warm start: import trials of an earlier experiment before the first proposal."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from controller import config as configs
from controller.config import fit
from controller.core import events as e
from controller.core.experiment import Experiment
from controller.core.model import Rules, State, Trial
from controller.core.ranking import best_trials
from controller.errors import HeirloomError
from controller.formats import command, counted
from controller.state import record as records
from controller.state.home import Home
from controller.state.journal import Journal
from controller.state.record import Record
from controller.store.imports import Source, import_trial, problem
from controller.store.layout import Root
from heirloom.store.files import RealFiles


class WarmStartError(HeirloomError):
    """The trials that `warm_start` names cannot be imported. The text has a line for each."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(f"warm_start: {text}" for text in problems))


@dataclass(frozen=True, slots=True)
class Choice:
    """The trials to import. `notes` are for the user."""

    asked: e.ImportAsked | None = None  # None: nothing is imported
    notes: Sequence[str] = ()


def choose(config: configs.Experiment, home: Home, *, verify: bool = False) -> Choice:
    """The trials that `warm_start` of the experiment file names, if it has this section.

    With `verify` all their bytes are compared with the manifests. Raises HeirloomError.
    """
    wanted = config.warm_start
    if wanted is None:
        return Choice()
    record = records.load(home.find(wanted.experiment))
    theirs, ours = record.config.objectives, config.objectives
    if (theirs.objectives, theirs.names) != (ours.objectives, ours.names):
        raise WarmStartError(
            [
                f"the objective of {wanted.experiment} is {record.config.objective}, and here it "
                f"is {config.objective}: values of the two cannot be compared"
            ]
        )
    trials, notes = _chosen(record, wanted.trials, config.rules())
    problems = [text for trial in trials for text in _problems(config, record, trial)]
    if not problems and verify:
        found = (problem(RealFiles(), _source(record, trial)) for trial in trials)
        problems = [text for text in found if text is not None]
    if problems:
        raise WarmStartError(problems)
    asked = e.ImportAsked(
        at=time.time(),
        experiment=wanted.experiment,
        root=str(record.root.path),
        trials=tuple(trial.id for trial in trials),
        candidates=tuple(dict(trial.params) for trial in trials),
        no_candidates=tuple(trial.id for trial in trials if not trial.candidate),
    )
    return Choice(asked, notes)


def complete(x: Experiment, journal: Journal, root: Root) -> None:
    """Import the trials that the journal names and does not hold yet, one after the other.

    Raises HeirloomError; what was imported before stays.
    """
    asked = x.imports
    while asked is not None and x.is_importing:
        trial = x.imported
        source = Source(
            experiment=asked.experiment, root=Path(asked.root), trial=asked.trials[trial]
        )
        found = import_trial(
            RealFiles(), root, trial, source, asked.candidates[trial], x.rules.reserve
        )
        event = e.Imported(
            at=time.time(),
            trial=trial,
            value=found.value,
            values=dict(found.values) or None,
            result=found.result,
            size=found.size,
        )
        journal.append([event])
        x.apply(event)


def _chosen(record: Record, wanted: str | list[int], rules: Rules) -> tuple[list[Trial], list[str]]:
    """The trials, and notes for the user. `rules`: of the new search. Raises HeirloomError."""
    x, name = record.experiment, record.place.name
    if isinstance(wanted, list):
        return [record.trial(number) for number in wanted], []
    usable = [t for t in x.trials if t.state is State.SUCCEEDED and t.inheritable and t.candidate]
    if not usable:
        raise WarmStartError(
            [
                f"{name} has no trial that succeeded and whose weights are on the store; see "
                f"`{command('trials', name)}`"
            ]
        )
    if wanted == "all":
        return usable, []
    count = int(wanted.removeprefix("best "))
    best = best_trials(x.trials, rules, count)
    found = [trial for trial in usable if trial.id in best]
    few = f"only {counted(len(found), 'trial')} of {name} can be imported, not {count}"
    return found, [few] if len(found) < count else []


def _problems(config: configs.Experiment, record: Record, trial: Trial) -> list[str]:
    """Why a trial cannot be imported, as far as its journal says."""
    named = f"trial {trial.id} of {record.place.name}"
    if trial.state is not State.SUCCEEDED:
        return [f"{named} has not succeeded, it is {trial.state}: name other trials"]
    if trial.removed:
        return [f"the weights of {named} were removed: name other trials"]
    if trial.damaged:
        return [f"the weights of {named} are damaged: name other trials"]
    if not trial.weights:
        return [f"{named} left no weights: name other trials"]
    resources = [each.resource for each in (config, record.config) if each.resource is not None]
    added = {key for each in resources for key in (each.name, f"{each.name}_from")}
    params = {name: value for name, value in trial.params.items() if name not in added}
    return [
        f"{named} does not fit the search space: {'.'.join(map(str, path)) or 'params'}: {text}"
        for path, text in fit.problems(config.tuner, config.search_space, params)
    ]


def _source(record: Record, trial: Trial) -> Source:
    return Source(experiment=record.place.name, root=record.root.path, trial=trial.id)


def described(asked: e.ImportAsked) -> str:
    """`trials 3, 17 and 20 of cnn`."""
    ids = [str(trial) for trial in asked.trials]
    listed = " and ".join(filter(None, [", ".join(ids[:-1]), ids[-1]]))
    return f"trial{'s' if len(ids) > 1 else ''} {listed} of {asked.experiment}"
