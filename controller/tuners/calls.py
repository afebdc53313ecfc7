"""The tuner's calls, as the journal keeps them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from typing import Any, Literal

from controller.core.events import Concluded, ProposalWithheld, Proposed, SearchEnded
from heirloom.tuners.process.protocol import SavedState

_REPORTS = 100  # reports in one call at most: the first that stops the trial is answered soon
Reports = Sequence[tuple[int, Any]]  # step, value
Call = (
    tuple[Literal["propose"], int, Proposed | ProposalWithheld | SearchEnded]
    | tuple[Literal["observe"], Mapping[str, Any]]
    | tuple[Literal["may_be_parent"], Sequence[int]]
    | tuple[Literal["conclude"], Concluded]
    | tuple[Literal["reports"], int, int, Reports]  # trial, number of the attempt
    | tuple[Literal["continued"], int, int, int, int]  # trial, number, number of the earlier, step
)


def parts(reports: Reports) -> list[Reports]:
    """Reports that go to the assessor in one call each: a call takes longer than a report."""
    return [reports[at : at + _REPORTS] for at in range(0, len(reports), _REPORTS)]


def no_state() -> Future[SavedState]:
    """The answer where no tuner's process has a state."""
    answer: Future[SavedState] = Future()
    reason = "there is no process"
    answer.set_result({"tuner": "", "state": None, "assessor": None, "reason": reason, "code": ""})
    return answer
