"""How trials of a chain of shared weights fail, and when the search ends for it."""

from __future__ import annotations

from typing import Optional

from ..interface import Result

MOST = 3  # failures in a row


class Failures:
    """Counts failures in a row.

    Args:
        what: what fails, in the plural.

    Attributes:
        count: the failures since the last success.
    """

    def __init__(self, what: str) -> None:
        self._what = what
        self.count = 0

    def add(self, result: Result, fault: str) -> Optional[str]:
        """Count a failure. Return why the search ends, if there are too many; else None.

        Args:
            result: that of the trial. One that was cancelled is not counted.
            fault: why it is a failure.
        """
        self.count += result.state != "cancelled"
        if self.count < MOST:
            return None
        return f"{MOST} {self._what} in a row failed, the last by trial {result.trial_id}: {fault}"


def fault_of(result: Result) -> str:
    """Why a trial of a chain is of no use; empty if it succeeded, with weights to start from."""
    if result.state != "succeeded":
        return f"{result.state}: {result.reason}" if result.reason else result.state
    if result.parents and not result.restored:
        return "it started without its parents' weights"
    return ""


def lost_parents(result: Result) -> bool:
    """Whether the weights of the trial's parents cannot be read: they are damaged or removed."""
    without = bool(result.parents) and not result.restored
    return result.state == "skipped" or (result.state == "succeeded" and without)
