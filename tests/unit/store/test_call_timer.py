"""Since when a call of the store has not returned."""

import pytest

from controller.store.call_timer import CallTimer
from heirloom.store.files import RealFiles


def test_only_a_call_counts_and_not_the_time_between_two() -> None:
    now = [5.0]
    timer = CallTimer(lambda: now[0])
    during: list[float | None] = []

    def call(seconds: float) -> str:
        during.append(timer.since)
        now[0] += seconds
        return "answer"

    assert timer.timed(call)(3.0) == "answer"
    assert (during, timer.since) == ([5.0], None)
    now[0] += 100.0  # the controller is busy
    assert timer.since is None
    timer.timed(call)(1.0)
    assert during == [5.0, 108.0]


def test_a_call_that_fails_has_returned() -> None:
    timer = CallTimer(lambda: 5.0)
    with pytest.raises(FileNotFoundError):
        timer.files(RealFiles()).read("/nowhere/at/all", 10)
    assert timer.since is None
