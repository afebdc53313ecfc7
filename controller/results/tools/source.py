"""What exporters read: an experiment and its trials as plain data."""

from __future__ import annotations

from collections.abc import Container, Iterator
from typing import Any

from controller.core.model import AttemptState, Trial
from controller.state import record as records
from controller.state.record import Record
from controller.views.trials.columns import Columns


class Source:
    """An experiment, for exporters. Everything in it can be represented in JSON."""

    def __init__(self, record: Record) -> None:
        """`record` has the trials' curves."""
        self._record = record

    @property
    def experiment(self) -> dict[str, Any]:
        """What is known of the experiment.

        `name` is its name, `id` that with a suffix that no other experiment has. `objectives` has a
        direction by name, the first objective first. `tuner` is a name or a class, `seed` that of
        the search, `root` its directory on the store.
        """
        record = self._record
        config, created = record.config, record.experiment.created
        objectives = record.experiment.rules.objectives.objectives
        return {
            "name": record.place.name,
            "id": record.root.experiment,
            "description": config.description,
            "objectives": {each.name: each.direction for each in objectives},
            "tuner": config.tuner.name or config.tuner.class_,
            "search_space": config.search_space,
            "seed": None if created is None else created.seed,
            "created_at": None if created is None else created.at,
            "root": str(record.root.path),
        }

    def trials(self, skip: Container[int] = ()) -> Iterator[dict[str, Any]]:
        """Each trial by id, with the keys of `heirloom trials --json` and two more.

        Those whose ids are in `skip` are left out.

        `curves` has what the trial reported: by name a list of steps and values, `value` first. A
        curve of more than 1,000 reports is thinned out; its extreme values stay. `manifest` is the
        path of the file with the verdict on the store. It is None until the trial has its verdict
        and no attempt of it runs that may still report.
        """
        record = self._record
        curves = {"value": record.curves} | record.metric_curves
        for trial in record.experiment.trials:
            if trial.id in skip:
                continue
            yield records.row(record, trial) | {
                "curves": {
                    name: [list(point) for point in by_trial[trial.id]]
                    for name, by_trial in curves.items()
                    if trial.id in by_trial
                },
                "manifest": str(record.root.trial(trial.id) / "manifest.json")
                if self._is_complete(trial)
                else None,
            }

    def _is_complete(self, trial: Trial) -> bool:
        """Whether no event will change what is exported of a trial."""
        ended = all(attempt.state is AttemptState.ENDED for attempt in trial.attempts)
        return trial.state.is_verdict and (ended or self._record.experiment.closed is not None)

    def table(self) -> tuple[list[str], Iterator[list[Any]]]:
        """The names of the columns of `heirloom trials --csv`, and a row for each trial."""
        columns = Columns(self._record).all()
        rows = (
            [column.read(trial) for column in columns] for trial in self._record.experiment.trials
        )
        return [column.name for column in columns], rows
