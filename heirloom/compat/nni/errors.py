"""Exceptions that a tuner may raise."""

from __future__ import annotations


class NoMoreTrialError(Exception):
    """Raised by `generate_parameters` when the tuner has nothing to propose now."""

    def __init__(self, ErrorInfo: str = "") -> None:  # noqa: N803 - the name is NNI's
        super().__init__(ErrorInfo)
        self.errorinfo = ErrorInfo

    def __str__(self) -> str:
        return str(self.errorinfo)
