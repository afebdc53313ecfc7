"""The base class of assessors written for NNI."""

from __future__ import annotations

from enum import Enum
from typing import Any, Union

from .recoverable import Recoverable

__all__ = ["AssessResult", "Assessor"]


class AssessResult(Enum):
    """Whether a trial shall continue."""

    Good = True
    Bad = False


class Assessor(Recoverable):
    """Stops trials early that will not succeed."""

    def assess_trial(
        self, trial_job_id: str, trial_history: list[Any]
    ) -> Union[AssessResult, bool]:
        """Judge a trial by what it has reported so far, oldest first. Must be overridden."""
        raise NotImplementedError(f"{type(self).__name__} does not define assess_trial")

    def trial_end(self, trial_job_id: str, success: bool) -> None:
        """Called when a trial has ended, whether it succeeded or not. Does nothing by default."""

    def _on_exit(self) -> None:
        """Called when the search has ended."""

    def _on_error(self) -> None:
        """Called when the search ends because of an error in the assessor."""
