"""The columns of a list of trials: what each trial has, its params, its result and its metrics."""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from rich.markup import escape

from controller.core.model import State, Trial
from controller.errors import HeirloomError
from controller.formats import clock, duration
from controller.state import record as records
from controller.state.record import Record
from controller.views import hours, results, tables

_BEFORE, _AFTER = ("id", "parents", "state"), ("time", "params")


class ColumnError(HeirloomError):
    """No trial has such a column."""


@dataclass(frozen=True)
class Column:
    """A column: the value of a trial as plain data, and how a table shows it."""

    name: str
    read: Callable[[Trial], Any]  # None where the trial has none
    show: Callable[[Any], str]  # a value as Rich markup

    def cell(self, trial: Trial) -> str:
        """The trial's value as Rich markup; empty where it has none."""
        value = self.read(trial)
        return "" if value is None else self.show(value)


class Columns:
    """The columns that an experiment has.

    A value of an objective with a name, a param, another value of the result or a metric has a
    column of its name. Where two have the same name, or a built-in column has it, `values.NAME`,
    `params.NAME`, `result.NAME` and `metrics.NAME` tell them apart; NAME alone is the first of
    these that exists.
    """

    def __init__(self, record: Record) -> None:
        objectives = record.experiment.rules.objectives
        self._values = objectives.names if objectives.are_named else ()
        self._has_front = not objectives.is_single
        self._record = record
        self._found = {column.name: column for column in _built_in(record)}

    @cached_property
    def _named(self) -> dict[str, dict[str, Column]]:
        """The columns by kind and name. They depend on every trial."""
        record, trials = self._record, list(self._record.experiment.trials)
        others = (
            {k: v for k, v in results.named(t.result).items() if k not in self._values}
            for t in trials
        )
        return {
            "values": _group([dict.fromkeys(self._values)], self._value),
            "params": _group([record.config.search_space, *(t.params for t in trials)], _param),
            "result": _group(others, _result),
            "metrics": _group([latest_metrics(t) for t in trials], _metric),
        }

    def all(self) -> list[Column]:
        """The built-in columns, and one for each other name, which is qualified where it must."""
        found = [column for name, column in self._found.items() if name not in self._named]
        return found + [column for kind in self._named for column in self.of(kind)]

    def built_in(self) -> list[Column]:
        """Those that trials of every experiment have."""
        return list(self._found.values())

    def of(self, kind: str) -> list[Column]:
        """One for each name in `values`, `params`, `result` or `metrics`."""
        names = [*self._found, *(name for group in self._named.values() for name in group)]
        return [
            Column(name if names.count(name) == 1 else f"{kind}.{name}", column.read, column.show)
            for name, column in self._named[kind].items()
        ]

    def default(self) -> list[Column]:
        """The columns of a table that names none."""
        more = ["front"] if self._has_front else ["attempts", "node"]  # what fits beside values
        return [self.find(name) for name in (*_BEFORE, *self.values(), *more, *_AFTER)]

    def values(self) -> list[str]:
        """The names of the columns of the objectives."""
        found = [f"values.{name}" if name in self._found else name for name in self._values]
        return found or ["value"]

    def find(self, name: str) -> Column:
        """The column of a name. Raises ColumnError."""
        if name in self._found:
            return self._found[name]
        if name in self._values and "." not in name:  # whatever trials have
            reads = [self._value(name), _param(name), _metric(name)]
            return Column(name, lambda trial: _first(read(trial) for read in reads), show)
        if name in self._record.config.search_space and "." not in name:
            reads = [_param(name), _result(name), _metric(name)]
            return Column(name, lambda trial: _first(read(trial) for read in reads), show)
        kind, _, rest = name.partition(".")
        if rest in self._named.get(kind, {}):
            return Column(name, self._named[kind][rest].read, show)
        holders = [group[name] for group in self._named.values() if name in group]
        if not holders:
            raise ColumnError(self._unknown(name))
        reads = [column.read for column in holders]
        return Column(name, lambda trial: _first(read(trial) for read in reads), show)

    def _value(self, name: str) -> Callable[[Trial], Any]:
        """What reads the value of a name."""
        objectives = self._record.experiment.rules.objectives
        return lambda trial: objectives.values(trial.value, trial.values).get(name)

    def _unknown(self, name: str) -> str:
        known = {"built-in": list(self._found)} | {
            kind: list(group) for kind, group in self._named.items()
        }
        every = [one for names in known.values() for one in names]
        near = difflib.get_close_matches(name, every, n=1)
        hint = f" (did you mean {near[0]!r}?)" if near else ""
        listed = "; ".join(f"{kind}: {', '.join(names)}" for kind, names in known.items() if names)
        return f"{self._record.place.name} has no column {name!r}{hint}. Its columns are {listed}"


def latest_metrics(trial: Trial) -> dict[str, float | None]:
    """What the trial's last attempt reported, the latest of each name."""
    return dict(trial.attempts[-1].metrics) if trial.attempts else {}


def show(value: Any) -> str:
    """A value of JSON as Rich markup: numbers in six digits, and text as it is."""
    if isinstance(value, str):
        return escape(value)
    return f"{value:.6g}" if isinstance(value, float) else escape(json.dumps(value))


def _built_in(record: Record) -> list[Column]:
    now, front, used = tables.now(record), set(record.experiment.front.ids), record.training.usage

    def weights(trial: Trial) -> str | None:
        return record.root.weights_text(trial.id) if records.has_weights(trial) else None

    def inherited(trial: Trial) -> float:
        return record.training.inherited_seconds(trial.id)

    return [
        Column("id", lambda trial: trial.id, show),
        Column("parents", _parents, _ids),
        Column("restored", restored, _ids),
        Column("state", lambda trial: str(trial.state), lambda name: tables.coloured(State(name))),
        Column("reason", lambda trial: records.why(record, trial), show),
        Column("value", lambda trial: trial.value, show),
        Column("front", lambda trial: trial.id in front, lambda is_on: "*" if is_on else ""),
        Column("attempts", lambda trial: len(trial.attempts), show),
        Column("node", lambda trial: trial.attempts[-1].node if trial.attempts else None, show),
        Column("time", lambda trial: tables.seconds(trial, now), duration),
        Column("cpu_seconds", lambda trial: trial.cpu_seconds, hours.hours),
        Column("gpu_seconds", lambda trial: used(trial).known_gpu_seconds, hours.hours),
        Column("lost_seconds", lambda trial: used(trial).lost.seconds, hours.hours),
        Column("inherited_seconds", inherited, hours.hours),
        Column("params", lambda trial: trial.params, _object),
        Column("result", lambda trial: trial.result, _object),
        Column("metrics", latest_metrics, _object),
        Column("proposed_at", lambda trial: trial.proposed_at, clock),
        Column("started_at", lambda trial: trial.started_at, clock),
        Column("ended_at", lambda trial: trial.ended_at, clock),
        Column("weights", weights, show),
        Column("retry_of", lambda trial: trial.retry_of, show),
        Column("candidate", lambda trial: trial.candidate, lambda is_one: "" if is_one else "no"),
    ]


def _parents(trial: Trial) -> list[int | str]:
    """The parents; the origin of an imported trial, such as `cnn/17`."""
    if trial.origin is not None:
        return [f"{trial.origin.experiment}/{trial.origin.trial}"]
    return list(trial.parents)


def restored(trial: Trial) -> list[int]:
    """The trials whose weights its last attempt starts from."""
    return list(trial.attempts[-1].restore) if trial.attempts else []


def _group(
    holders: Iterable[Mapping[str, Any]], reader: Callable[[str], Callable[[Trial], Any]]
) -> dict[str, Column]:
    names = dict.fromkeys(name for holder in holders for name in holder)
    return {name: Column(name, reader(name), show) for name in names}


def _param(name: str) -> Callable[[Trial], Any]:
    return lambda trial: trial.params.get(name)


def _result(name: str) -> Callable[[Trial], Any]:
    return lambda trial: results.find(trial.result, name)


def _metric(name: str) -> Callable[[Trial], Any]:
    return lambda trial: latest_metrics(trial).get(name)


def _first(values: Iterable[Any]) -> Any:
    return next((value for value in values if value is not None), None)


def _ids(ids: list[int | str]) -> str:
    return escape(" ".join(map(str, ids)))


def _object(value: Any) -> str:
    return escape(json.dumps(value))
