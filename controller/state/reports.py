"""Every report of an experiment's trials, from its journal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import zip_longest
from typing import NamedTuple

from controller.core import events as e
from controller.state.experiment_dir import ExperimentDir
from controller.state.journal import Journal
from controller.state.reading.curve import number_of


class Report(NamedTuple):
    """One report of one attempt. `value` is None where it is no finite number."""

    trial: int
    attempt: int
    step: int
    value: float | None
    metrics: Mapping[str, float | None]


def read(place: ExperimentDir) -> Iterator[Report]:
    """The reports in the order in which the controller read them. Raises JournalError."""
    with Journal.open(place.journal, readonly=True) as journal:
        for _, event in journal.read():
            if isinstance(event, (e.Reported, e.ReportedMany)):
                for (step, value), metrics in zip_longest(event.reports, event.rows):
                    number = number_of(value)
                    yield Report(event.trial, event.number, step, number, metrics or {})
