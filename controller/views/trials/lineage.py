"""The line of one trial: those from which it has its weights."""

from __future__ import annotations

from controller.core.model import Trial
from controller.errors import HeirloomError
from controller.state import record as records
from controller.state.experiment_dir import ExperimentDir
from controller.state.record import Record
from controller.views.trials import listing
from controller.views.trials.columns import Columns, restored
from controller.views.trials.listing import Form


def show(place: ExperimentDir, number: int | None, form: Form) -> None:
    """Print the line of a trial, the oldest first. None: that of the best trial.

    A column for each param that one of them has follows their values. Raises HeirloomError.
    """
    record = records.load(place)
    if number is None:
        number = record.experiment.best
    if number is None:
        raise HeirloomError(f"{place.name} has no best trial yet: give the id of a trial")
    line = line_of(record, record.trial(number))
    columns = Columns(record)
    params = [
        column
        for column in columns.of("params")
        if any(column.read(trial) is not None for trial in line)
    ]
    names = ["id", "restored", "state", *columns.values()]
    listing.print_trials([*map(columns.find, names), *params], line, form)


def line_of(record: Record, trial: Trial) -> list[Trial]:
    """The trial after all those whose weights it has, directly or through others, by id."""
    found = {trial.id}
    left = [trial]
    while left:
        new = set(restored(left.pop())) - found
        found |= new
        left += (record.experiment.trials[parent] for parent in new)
    return [record.experiment.trials[number] for number in sorted(found)]
