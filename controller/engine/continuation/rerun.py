"""A new experiment that trains one candidate of an earlier one from nothing, with several seeds."""

from __future__ import annotations

import dataclasses
from typing import Any

from controller import config as configs
from controller.config.inheritance import InheritanceSection
from controller.config.plugin import TunerChoice
from controller.core.model import State, Trial
from controller.engine.continuation.original import Original, original
from controller.engine.setup.specs import trial_seed
from controller.errors import LaunchError
from controller.formats import counted
from controller.state.home import Home
from controller.state.record import Record


def name_of(record: Record, trial: Trial) -> str:
    """The name of the new experiment, unless the user chooses another one."""
    return f"{record.place.name}-rerun-{trial.id}"


def rerun(record: Record, trial: Trial, home: Home, seeds: int) -> Original:
    """What the new experiment takes over: everything but the search, with the same code.

    Its trials have the candidate's params, no parents, and seeds of their own, which follow from
    the seed of the search and the trial's id. No assessor ends them. Raises HeirloomError where the
    trial has no result, or the code is gone.
    """
    named = f"trial {trial.id} of {record.place.name}"
    if trial.state is not State.SUCCEEDED or trial.value is None:
        raise LaunchError(f"{named} is {trial.state}, and has no value: name one that succeeded")
    if not trial.candidate:
        raise LaunchError(f"{named} is no candidate, but a step of its method: name a candidate")
    found = original(record.place.name, home, replay=False)
    seed = trial_seed(found.config.seed or 0, trial.id) & 0x7FFFFFFF
    changes: dict[str, Any] = {
        "description": f"{named}, trained from nothing with {counted(seeds, 'seed')}",
        "tuner": tuner_of(record, trial, seeds),
        "assessor": None,
        "inheritance": InheritanceSection(),
        "resource": None,
        "warm_start": None,
        "exporters": {},
        "budget": found.config.budget.model_copy(update={"trials": None, "duration": None}),
        "keep": "all",
        "seed": seed,
        "model": None,
    }
    config = found.config.model_copy(update=changes)
    return dataclasses.replace(found, config=config, made=None)


def tuner_of(record: Record, trial: Trial, seeds: int) -> TunerChoice:
    """The tuner of the new experiment, which proposes the candidate for each seed."""
    proposals = [{"params": _from_nothing(record.config, trial)} for _ in range(seeds)]
    return TunerChoice(name="replay", args={"proposals": proposals, "first": 0})


def _from_nothing(config: configs.Experiment, trial: Trial) -> dict[str, Any]:
    """The params, by which the whole resource is trained where the trial had a part of it."""
    start = None if config.resource is None else f"{config.resource.name}_from"
    return {name: 0 if name == start else value for name, value in trial.params.items()}
