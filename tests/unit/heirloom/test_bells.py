import os

import pytest

from heirloom.node.wakeups import Wakeups


@pytest.fixture
def bells(tmp_path):
    return Wakeups(str(tmp_path))


@pytest.fixture
def hear(bells):
    """Make an attempt's bell; what was heard on it since."""
    opened = {}

    def hear(attempt):
        if attempt not in opened:
            bells.make(attempt)
            opened[attempt] = bells.open(attempt)
        try:
            return len(os.read(opened[attempt], 4096))
        except BlockingIOError:
            return 0

    yield hear
    for fd in opened.values():
        os.close(fd)


def test_a_bell_is_heard_later_too(bells, hear):
    hear("7.2")
    assert bells.ring("7.2")
    assert hear("7.2") == 1


def test_nobody_hears_a_bell_that_nobody_holds(bells):
    assert not bells.ring("7.2")
    bells.make("7.2")
    assert not bells.ring("7.2")


def test_a_bell_that_rings_without_end_holds_nobody(bells, hear):
    hear("7.2")
    for _ in range(70_000):  # more than a pipe holds
        assert bells.ring("7.2")


def test_all_who_wait_for_a_trial_are_told(bells, hear):
    for attempt in ("7.1", "8.1", "9.1"):
        hear(attempt)
    bells.hang("7.1", 3)
    bells.hang("8.1", 3)
    bells.hang("8.1", 3)
    bells.hang("9.1", 4)
    assert bells.awaited() == [3, 4]
    bells.announce(3)
    assert [hear(attempt) for attempt in ("7.1", "8.1", "9.1")] == [1, 1, 0]
    for attempt in ("7.1", "8.1"):
        bells.unhang(attempt, 3)
    assert bells.awaited() == [4]
    bells.unhang("9.1", 3)  # never hung there


def test_leftovers_of_the_dead_are_removed_by_whoever_finds_them(bells, hear):
    hear("8.1")
    bells.make("7.1")
    bells.hang("7.1", 3)  # and dies
    bells.hang("8.1", 4)
    bells.ring_another("9.1")
    assert hear("8.1") == 1
    assert bells.awaited() == [4]


def test_another_is_not_oneself(bells, hear):
    hear("8.1")
    bells.hang("8.1", 4)
    bells.ring_another("8.1")
    assert hear("8.1") == 0


def test_a_bell_that_was_taken_away_cannot_hang(bells):
    with pytest.raises(FileNotFoundError):
        bells.hang("7.1", 3)
