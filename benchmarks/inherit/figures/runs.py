"""A search that has ended: what its trials reported, and when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Report:
    """What an attempt has cost up to one of its reports.

    Args:
        trial, attempt: which.
        time: seconds since the search started.
        epochs: passes over the training images.
        cpu: seconds of the attempt's process.
        value: the validation accuracy; None where the trial is no candidate.
    """

    trial: int
    attempt: int
    time: float
    epochs: float
    cpu: float
    value: float | None


@dataclass(frozen=True)
class TrialRecord:
    """A trial.

    Args:
        id: the trial.
        state: its verdict.
        params: its candidate.
        restored: the trials whose weights it started from.
        value: the best validation accuracy of its epochs.
        before: the validation accuracy of what it inherited.
        share: the share of its numbers that it inherited.
        test: the test accuracy of its weights, where it was read.
        accuracies: of networks that it measured with shared weights.
    """

    id: int
    state: str
    params: Mapping[str, Any]
    restored: Sequence[int] = ()
    value: float | None = None
    before: float | None = None
    share: float | None = None
    test: float | None = None
    accuracies: Sequence[float] = ()


@dataclass(frozen=True)
class Run:
    """A search.

    Args:
        seconds: from the start of the command to its end.
        reports: of all attempts, in the order of time.
        trials: in the order of their ids.
        measured: when, and with what.
    """

    seconds: float
    reports: Sequence[Report]
    trials: Sequence[TrialRecord] = ()
    measured: Mapping[str, Any] = field(default_factory=dict)

    @property
    def best(self) -> TrialRecord | None:
        """The trial with the best validation accuracy; None if no trial has one."""
        valued = [trial for trial in self.trials if trial.value is not None]
        return max(valued, key=lambda trial: trial.value or 0, default=None)

    @property
    def value(self) -> float:
        """The best validation accuracy."""
        return max((report.value for report in self.reports if report.value is not None), default=0)

    def to_json(self) -> dict[str, Any]:
        """The run as plain data."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Run:
        """The run that `to_json` gave."""
        reports = [Report(**report) for report in data["reports"]]
        trials = [TrialRecord(**trial) for trial in data["trials"]]
        return cls(**{**data, "reports": reports, "trials": trials})
