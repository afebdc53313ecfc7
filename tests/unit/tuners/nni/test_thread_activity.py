"""Whether a thread is blocked, and at which line."""

import threading
import time

import pytest

from heirloom.tuners.nni.thread_activity import WINDOW, ThreadActivity
from tests.unit.tuners.nni.calling import PATIENCE, until


class Watched:
    """A thread that does something, watched from the test."""

    def __init__(self, work):
        made = threading.Event()

        def run():
            self.activity = ThreadActivity()
            made.set()
            work()

        self.thread = threading.Thread(target=run, daemon=True)
        self.thread.start()
        assert made.wait(PATIENCE)

    def blocked_since(self):
        time.sleep(2 * WINDOW)  # nothing to wait for: it is judged by what it does in that time
        self.activity.sample()
        return self.activity.blocked_since


@pytest.mark.parametrize("clock_alone", [False, True])
def test_waiting_thread_is_blocked_and_computing_thread_is_not(clock_alone):
    stop = threading.Event()
    waits, computes = Watched(stop.wait), Watched(lambda: _compute(stop))
    if clock_alone:  # as where the kernel keeps no schedstat
        waits.activity._file = computes.activity._file = "/proc/nowhere"
    until(lambda: waits.blocked_since() is not None)
    until(lambda: computes.blocked_since() is None)
    stop.set()


def _compute(stop):
    while not stop.is_set():
        pass


def test_blocked_since_does_not_change():
    stop = threading.Event()
    watched = Watched(stop.wait)
    until(lambda: watched.blocked_since() is not None)
    since = watched.activity.blocked_since
    assert watched.blocked_since() == since
    assert since is not None
    assert since <= time.monotonic()
    stop.set()


def test_location_is_in_user_code():
    gate = threading.Event()
    watched = Watched(lambda: gate.wait(PATIENCE))
    until(lambda: watched.activity.location([__file__]).startswith("test_thread_activity.py:"))
    until(lambda: watched.activity.location(["/nowhere/"]).startswith("threading.py:"))
    gate.set()
    watched.thread.join(PATIENCE)
    assert watched.activity.location([__file__]) == "its end"
    watched.activity.sample()  # of a thread that has ended: harmless
