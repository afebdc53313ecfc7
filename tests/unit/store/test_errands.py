from itertools import pairwise

import pytest

from controller.store.retry_queue import RetryQueue


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_is_tried_again_ever_later_until_it_works(caplog: pytest.LogCaptureFixture) -> None:
    clock = Clock()
    errands = RetryQueue(clock)
    tried: list[float] = []

    def run() -> None:
        tried.append(clock.now)
        if len(tried) < 9:
            raise OSError(5, "Input/output error")

    errands.add("the verdict on trial 7", run)
    done = []
    while not done and clock.now < 1000:
        if errands.run():
            done.append(clock.now)
        clock.now += 0.25
    waits = [later - before for before, later in pairwise(tried)]
    assert waits == [0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 10.0, 10.0]
    assert not errands.run()
    assert [record.getMessage() for record in caplog.records] == [
        "the verdict on trial 7: [Errno 5] Input/output error: trying again"
    ]


def test_one_that_fails_holds_up_no_other_even_by_an_error_of_ours() -> None:
    errands = RetryQueue(Clock())
    done = []
    errands.add("bad", lambda: [][0])
    errands.add("good", lambda: done.append(1))
    assert errands.run()
    assert done == [1]
