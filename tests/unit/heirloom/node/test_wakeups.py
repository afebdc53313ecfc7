import os

import pytest

from heirloom.node.waiting.wakeups import Wakeups


@pytest.fixture
def wakeups(tmp_path):
    return Wakeups(str(tmp_path))


@pytest.fixture
def hear(wakeups):
    """Make an attempt's FIFO, and count the wakeups on it."""
    opened = {}

    def hear(attempt):
        if attempt not in opened:
            wakeups.create(attempt)
            opened[attempt] = wakeups.open(attempt)
        try:
            return len(os.read(opened[attempt], 4096))
        except BlockingIOError:
            return 0

    yield hear
    for fd in opened.values():
        os.close(fd)


def test_a_notification_is_kept_until_it_is_read(wakeups, hear):
    hear("7.2")
    assert wakeups.notify("7.2")
    assert hear("7.2") == 1


def test_notify_returns_false_without_a_reader(wakeups):
    assert not wakeups.notify("7.2")
    wakeups.create("7.2")
    assert not wakeups.notify("7.2")


def test_notify_does_not_block_on_a_full_fifo(wakeups, hear):
    hear("7.2")
    for _ in range(70_000):  # more than a pipe holds
        assert wakeups.notify("7.2")


def test_all_subscribers_of_a_trial_are_notified(wakeups, hear):
    for attempt in ("7.1", "8.1", "9.1"):
        hear(attempt)
    wakeups.subscribe("7.1", 3)
    wakeups.subscribe("8.1", 3)
    wakeups.subscribe("8.1", 3)
    wakeups.subscribe("9.1", 4)
    assert wakeups.subscribed_trials() == [3, 4]
    wakeups.notify_subscribers(3)
    assert [hear(attempt) for attempt in ("7.1", "8.1", "9.1")] == [1, 1, 0]
    for attempt in ("7.1", "8.1"):
        wakeups.unsubscribe(attempt, 3)
    assert wakeups.subscribed_trials() == [4]
    wakeups.unsubscribe("9.1", 3)  # was not subscribed


def test_subscriptions_of_dead_supervisors_are_removed(wakeups, hear):
    hear("8.1")
    wakeups.create("7.1")
    wakeups.subscribe("7.1", 3)  # has no reader
    wakeups.subscribe("8.1", 4)
    wakeups.notify_other("9.1")
    assert hear("8.1") == 1
    assert wakeups.subscribed_trials() == [4]


def test_notify_other_skips_the_attempt_itself(wakeups, hear):
    hear("8.1")
    wakeups.subscribe("8.1", 4)
    wakeups.notify_other("8.1")
    assert hear("8.1") == 0


def test_subscribe_without_a_fifo_fails(wakeups):
    with pytest.raises(FileNotFoundError):
        wakeups.subscribe("7.1", 3)
