"""Bind a trial to whole cores, where the kernel does not limit its processor time."""

from __future__ import annotations

import contextlib
import math
import os
from collections.abc import Collection


def choose(cores: Collection[int], cpus: float, first_slot: int) -> set[int]:
    """The cores of a trial: `cpus`, rounded up, beginning where its first slot is on the node.

    Trials in different slots have different cores, as long as there are enough. At most all.
    """
    ordered = sorted(cores)
    count = min(len(ordered), math.ceil(cpus))
    first = first_slot * count
    return {ordered[(first + number) % len(ordered)] for number in range(count)}


def bind(cpus: float, first_slot: int) -> None:
    """Bind this process, and what it starts, to cores (sched_setaffinity(2)).

    `first_slot` is the position of the trial's first slot among the node's slots.
    """
    with contextlib.suppress(OSError):
        os.sched_setaffinity(0, choose(os.sched_getaffinity(0), cpus, first_slot))
