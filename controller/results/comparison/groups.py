"""Experiments that differ in nothing but their names and seeds are one group.

A seed counts once in a group: an experiment that repeats one, such as a copy by `run --like`, is in
a group of its own.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from controller import config as configs
from controller.errors import HeirloomError
from controller.results.comparison.course import AXES, Axis, Course, course_of
from controller.results.spread import Spread
from controller.state.record import Record

# Keys of an experiment file that change nothing of its results.
_WITHOUT_EFFECT = (
    "name",
    "seed",
    "description",
    "on_end",
    "on_end_timeout",
    "store",
    "inventory",
    "exporters",
)


@dataclass(frozen=True)
class Group:
    """Experiments that repeat each other with other seeds."""

    records: Sequence[Record]

    @cached_property
    def courses(self) -> list[Course]:
        """Their courses."""
        return [course_of(record) for record in self.records]

    @property
    def names(self) -> list[str]:
        """The names of the experiments."""
        return [record.place.name for record in self.records]

    @property
    def label(self) -> str:
        """The name of the first experiment, and how many seeds there are if it is not the only."""
        first, count = self.records[0].place.name, len(self.records)
        return first if count == 1 else f"{first} ({count} seeds)"

    @property
    def axes(self) -> list[Axis]:
        """The axes that every experiment of the group has."""
        return [axis for axis in AXES if all(axis in course.costs for course in self.courses)]

    def costs(self, axis: Axis) -> list[float]:
        """All costs at which a trial of the group ended, ascending."""
        return sorted({cost for course in self.courses for cost in course.costs[axis]})

    def at(self, axis: Axis, cost: float) -> Spread | None:
        """The best values so far at a cost, over the seeds. None where no experiment has one.

        By trials, only the experiments count that have run as many.
        """
        values = []
        for course in self.courses:
            reached = axis != "trials" or (course.total(axis) or 0.0) >= cost
            value = course.at(axis, cost) if reached else None
            if value is not None:
                values.append(value)
        return Spread.of(values) if values else None

    def final(self) -> Spread | None:
        """The best values at the end, over the seeds."""
        values = [course.best[-1] for course in self.courses if course.best]
        known = [value for value in values if value is not None]
        return Spread.of(known) if known else None

    @property
    def unmeasured(self) -> dict[str, dict[Axis, list[int]]]:
        """By experiment and axis, the trials of which an attempt was not measured."""
        found = zip(self.names, self.courses, strict=True)
        return {
            name: {axis: trials for axis, trials in course.unmeasured.items() if trials}
            for name, course in found
        }

    def training(self) -> dict[str, Spread]:
        """Seconds that the searches trained, and that their candidates would have needed alone."""
        found = [record.training.compare() for record in self.records]
        return {
            "trained": Spread.of([each.trained.seconds for each in found]),
            "alone": Spread.of([each.alone.seconds for each in found]),
        }

    def total(self, axis: Axis) -> Spread | None:
        """The costs of the whole searches."""
        totals = [course.total(axis) for course in self.courses]
        known = [total for total in totals if total is not None]
        return Spread.of(known) if known and len(known) == len(totals) else None


def groups_of(records: Sequence[Record]) -> list[Group]:
    """The experiments in groups, in the order in which they were named.

    Raises HeirloomError where their first objectives cannot be compared.
    """
    firsts = {record.experiment.rules.objectives.first for record in records}
    if len(firsts) > 1:
        listed = ", ".join(
            f"{record.place.name}: {record.experiment.rules.objectives}" for record in records
        )
        raise HeirloomError(f"the first objectives differ, so values cannot be compared: {listed}")
    found: dict[tuple[str, int], dict[int, Record]] = {}  # by key and repetition, by seed
    for record in records:
        key, seed, repetition = _key(record), _seed(record), 0
        while seed in found.setdefault((key, repetition), {}):
            repetition += 1
        found[key, repetition][seed] = record
    return [Group(list(members.values())) for members in found.values()]


def _seed(record: Record) -> int:
    """The seed that the experiment has, by its file or chosen when it was created."""
    created = record.experiment.created
    return 0 if created is None else created.seed


def _key(record: Record) -> str:
    """A text that is the same for experiments that differ in nothing but names and seeds.

    The digest of the code stands for the directory from which the snapshot was taken.
    """
    fields: dict[str, Any] = json.loads(configs.dump(record.config))
    for key in _WITHOUT_EFFECT:
        fields.pop(key, None)
    fields["trial"].pop("code_dir", None)
    created = record.experiment.created
    return json.dumps([fields, created.code if created is not None else ""], sort_keys=True)
