"""Compares what is kept beside the events with the events, and makes it again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from controller.core.experiment import Experiment
from controller.state import record as records
from controller.state.errors import LockedError
from controller.state.experiment_dir import ExperimentDir
from controller.state.journal import Journal
from controller.state.lock import Lock


@dataclass(frozen=True, slots=True)
class Compared:
    """What was found. `is_made_again`: the differences exist no more."""

    differences: Sequence[str] = ()  # a line each
    is_made_again: bool = False


def compare(place: ExperimentDir) -> Compared:
    """Compare reading tables and the tuner's state with the events.

    Where they differ, the tables are written anew and the state is dropped, unless a controller
    runs the experiment. Raises HeirloomError.
    """
    rules = records.read_config(place).rules()
    with Journal.open(place.journal, readonly=True) as journal:
        found = journal.differences(rules)
    if not found:
        return Compared()
    try:
        with Lock(place), Journal.open(place.journal) as journal:
            experiment = Experiment(rules)
            for _, event in journal.read():
                experiment.apply(event)
            journal.drop_tuner_state()
            journal.follow(experiment)
            journal.settle()
            return Compared(found, not journal.differences(rules))
    except LockedError:
        return Compared(found)
