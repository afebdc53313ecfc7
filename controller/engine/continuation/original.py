"""An earlier experiment that a new one is like: its file, its seed, its code, its proposals."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from controller import config as configs
from controller.config.inheritance import InheritanceSection
from controller.config.model import ModelSpace
from controller.config.plugin import TunerChoice
from controller.core.model import Trial
from controller.errors import LaunchError
from controller.formats import command
from controller.state import record as records
from controller.state.home import Home
from controller.state.record import Record

_NEAREST = "nearest"


@dataclass(frozen=True, slots=True)
class Original:
    """What a new experiment takes over.

    Args:
        file: the earlier experiment's file, as it was when that experiment was created.
        config: what the new experiment's file would say.
        made: the search space of the model, if there is one.
        code: the snapshot of the trials' code.
    """

    file: Path
    config: configs.Experiment
    made: ModelSpace | None
    code: Path


def original(name: str, home: Home, *, replay: bool) -> Original:
    """What an experiment like `name` takes over.

    With `replay`, a tuner repeats the proposals of its journal, with their parents. Raises
    HeirloomError if there is no such experiment, its code is gone, or it has no proposals.
    """
    record = records.load(home.find(name))
    created = record.experiment.created
    assert created is not None
    code = record.root.code / created.code
    if not code.is_dir():
        raise LaunchError(
            f"{code}, the code of {name}, is gone: run its experiment file instead: "
            f"`{command('run', 'FILE')}`"
        )
    config = record.config.model_copy(update={"seed": created.seed})
    made = None
    if config.model is not None:
        made = ModelSpace(config.model, config.search_space, created.costs or {})
    if replay:
        config = _replaying(config, record)
    return Original(record.place.config, config, made, code)


def _replaying(config: configs.Experiment, record: Record) -> configs.Experiment:
    """The experiment with the proposals of a record, which a tuner repeats."""
    trials = list(record.experiment.trials)
    imported = [trial.origin.trial for trial in trials if trial.origin is not None]
    proposed = trials[len(imported) :]
    if not proposed:
        raise LaunchError(f"{record.place.name} has no proposals that could be repeated")
    nearest = config.inheritance.from_ == _NEAREST
    proposals = [_proposal(trial, nearest=nearest) for trial in proposed]
    changed: dict[str, Any] = {
        "tuner": TunerChoice(name="replay", args={"proposals": proposals, "first": len(imported)}),
        "budget": config.budget.model_copy(update={"trials": None, "duration": None}),
        "resource": None,
    }
    if nearest:
        changed["inheritance"] = InheritanceSection()
    if config.warm_start is not None:
        changed["warm_start"] = config.warm_start.model_copy(update={"trials": imported})
    return config.model_copy(update=changed)


def _proposal(trial: Trial, *, nearest: bool) -> dict[str, Any]:
    """A trial as the tuner `replay` lists it. With `nearest`, the trial that was found counts."""
    parents = trial.restore if nearest else trial.parents
    listed: dict[str, Any] = {"params": trial.params}
    if parents:
        listed["parents"] = list(parents)
    if not trial.candidate:
        listed["candidate"] = False
    return listed
