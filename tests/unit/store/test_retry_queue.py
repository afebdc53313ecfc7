from itertools import pairwise

import pytest

from controller.store.retry_queue import RetryQueue


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_an_operation_is_retried_with_growing_delays_until_it_succeeds(
    caplog: pytest.LogCaptureFixture,
) -> None:
    clock = Clock()
    operations = RetryQueue(clock)
    tried: list[float] = []

    def run() -> None:
        tried.append(clock.now)
        if len(tried) < 9:
            raise OSError(5, "Input/output error")

    operations.add("the verdict on trial 7", run)
    done = []
    while not done and clock.now < 1000:
        if operations.run_due():
            done.append(clock.now)
        clock.now += 0.25
    waits = [later - before for before, later in pairwise(tried)]
    assert waits == [0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 10.0, 10.0]
    assert not operations.run_due()
    assert [record.getMessage() for record in caplog.records] == [
        "the verdict on trial 7: [Errno 5] Input/output error: trying again"
    ]


def test_an_operation_that_fails_does_not_delay_others() -> None:
    operations = RetryQueue(Clock())
    done = []

    def fail() -> None:
        raise ZeroDivisionError

    operations.add("bad", fail)
    operations.add("good", lambda: done.append(1))
    assert operations.run_due()
    assert done == [1]
