"""Calls a user's assessor with NNI's interface."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from functools import partial
from typing import Any

from nni.assessor import AssessResult

from ...assessors.interface import history_of
from ...assessors.reports import Reports, TrialReports
from .call_thread import CallThread
from .tuner import call_hook


class _Reports(Reports):
    """The reports of one attempt, in the order of their steps."""

    def _insert(self, step: int, value: Any) -> None:
        """Take a report. It replaces an earlier one of the same step."""
        if not self._steps or step > self._steps[-1]:
            super()._insert(step, value)
            return
        at = bisect_left(self._steps, step)
        after = at + (self._steps[at] == step)
        self._steps[at:after] = [step]
        self.values[at:after] = [value]


class NniAssessor:
    """Calls the methods of a subclass of `nni.assessor.Assessor` as NNI 1.2 does.

    One thread makes all calls: a slow assessor delays no proposal and no result.

    Args:
        assessor: the user's object.
        experiment: the experiment's unique name, a prefix of the trial ids.
        advise_stop: takes the trial, the number of its attempt and the step of a bad assessment.
        failed: takes what a call raised, and the name of the method.
    """

    def __init__(
        self,
        assessor: Any,
        *,
        experiment: str,
        advise_stop: Callable[[int, int, int], None],
        failed: Callable[[BaseException, str], None],
    ) -> None:
        self._assessor = assessor
        self._experiment = experiment
        self._advise_stop = advise_stop
        self._reports = TrialReports(_Reports)
        self._calls = CallThread("nni-assessor", failed)

    def report(self, trial: int, number: int, step: int, value: Any, *, replay: bool) -> None:
        """Assess a report of a trial's attempt. `replay`: it was assessed before a resume."""

        def assess() -> None:
            reports = self._reports.of(trial, number)
            reports.add(step, value)
            if not replay and not self._is_good(trial, history_of(reports.values)):
                self._advise_stop(trial, number, step)

        self._calls.put(assess)

    def continued(self, trial: int, number: int, source: int, step: int) -> None:
        """An attempt has the reports of an earlier one, up to a step."""
        self._calls.put(partial(self._reports.continue_from, trial, number, source, step))

    def trial_end(self, trial: int, success: bool, *, replay: bool) -> None:
        """Pass on the end of a trial, if the trial has reported a value."""

        def call_trial_end() -> None:
            if self._reports.forget(trial) and not replay:
                self._calls.method = "trial_end"
                self._assessor.trial_end(self._job(trial), success)

        self._calls.put(call_trial_end)

    def close(self, timeout: float) -> None:
        """Assess the remaining reports for at most `timeout` seconds, then call `_on_exit`."""
        self._calls.finish(timeout)
        call_hook(self._assessor, "_on_exit")

    def _is_good(self, trial: int, history: list[Any]) -> bool:
        self._calls.method = "assess_trial"
        answer = self._assessor.assess_trial(self._job(trial), history)
        if not isinstance(answer, (AssessResult, bool)):
            raise TypeError(
                f"assess_trial returned {answer!r}: it must be AssessResult.Good, "
                "AssessResult.Bad, True or False"
            )
        return answer if isinstance(answer, bool) else answer is AssessResult.Good

    def _job(self, trial: int) -> str:
        return f"{self._experiment}-{trial}"
