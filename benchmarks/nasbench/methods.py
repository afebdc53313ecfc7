"""What runs on the table, and the figures that are to be reached."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

SEEDS = 100
LOOKS = (100, 200, 500)
NEAR = 0.06  # percentage points


@dataclass(frozen=True, slots=True)
class Method:
    """A tuner with its arguments.

    Args:
        tuner: its name.
        arguments: of its constructor.
        goals: the mean accuracy that is to be reached within `NEAR`, for each of `LOOKS`.
        published: the mean accuracy and its standard deviation in the paper of NAS-Bench-201, at a
            budget of 12,000 s of training.
    """

    tuner: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    goals: tuple[float, ...] = ()
    published: tuple[float, float] | None = None


METHODS = (
    Method("random", goals=(90.99, 91.11, 91.29)),
    Method(
        "evolution",
        {"population": 10, "sample": 3},
        goals=(91.31, 91.48, 91.55),
    ),
    Method("reinforce", published=(91.09, 0.37)),
    Method("nasnet"),
    Method("tpe"),
)
