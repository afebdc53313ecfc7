"""Whether a thread does anything, and where."""

import threading
import time

import pytest
from calling import PATIENCE, until

from heirloom.tuners.nni.thread_activity import WINDOW, ThreadActivity


class Watched:
    """A thread that does something, watched from the test."""

    def __init__(self, work):
        made = threading.Event()

        def run():
            self.standing = ThreadActivity()
            made.set()
            work()

        self.thread = threading.Thread(target=run, daemon=True)
        self.thread.start()
        assert made.wait(PATIENCE)

    def looked_at(self):
        time.sleep(2 * WINDOW)  # nothing to wait for: it is judged by what it does in that time
        self.standing.look()
        return self.standing.still_since


@pytest.mark.parametrize("clock_alone", [False, True])
def test_one_that_waits_stands_still_and_one_that_computes_does_not(clock_alone):
    stop = threading.Event()
    waits, computes = Watched(stop.wait), Watched(lambda: _compute(stop))
    if clock_alone:  # as where the kernel keeps no schedstat
        waits.standing._file = computes.standing._file = "/proc/nowhere"
    until(lambda: waits.looked_at() is not None)
    until(lambda: computes.looked_at() is None)
    stop.set()


def _compute(stop):
    while not stop.is_set():
        pass


def test_since_when_it_stands_still_does_not_move():
    stop = threading.Event()
    watched = Watched(stop.wait)
    until(lambda: watched.looked_at() is not None)
    since = watched.standing.still_since
    assert watched.looked_at() == since
    assert since <= time.monotonic()
    stop.set()


def test_the_place_is_in_the_users_code():
    gate = threading.Event()
    watched = Watched(lambda: gate.wait(PATIENCE))
    until(lambda: watched.standing.place([__file__]).startswith("test_thread_standing.py:"))
    until(lambda: watched.standing.place(["/nowhere/"]).startswith("threading.py:"))
    gate.set()
    watched.thread.join(PATIENCE)
    assert watched.standing.place([__file__]) == "its end"
    watched.standing.look()  # of a thread that has ended: harmless
