"""Calls of an NNI tuner that take long, for the terminal."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class LongCall:
    """Calls of an NNI tuner that take long, at one line of the user's code."""

    what: str  # the method
    place: str  # FILE:LINE
    is_still: bool  # whether they wait there instead of computing
    count: int
    parameter_id: int  # of the first
    since: float  # the first's, on the monotonic clock


def long_call(fields: Mapping[str, Any]) -> LongCall:
    """The calls that a notice of the tuner's process reports."""
    return LongCall(
        what=fields["what"],
        place=fields["place"],
        is_still=fields["still"],
        count=fields["count"],
        parameter_id=fields["parameter_id"],
        since=time.monotonic() - fields["seconds"],
    )
