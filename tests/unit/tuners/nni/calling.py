"""Runs `Calls` with functions of a test, with real threads."""

import threading
import time
from collections import namedtuple
from queue import SimpleQueue

from heirloom.tuners.nni import call_state
from heirloom.tuners.nni.calls import Calls
from heirloom.tuners.nni.plain_json import plain_params

PATIENCE = 60.0  # seconds that a loaded machine may take
End = namedtuple("End", "parameter_id")


class Desk:
    """Calls of a tuner whose proposals and results are functions of a test's."""

    def __init__(self, propose, deliver=lambda end: None, **more):
        self.notices = SimpleQueue()
        self.broken = SimpleQueue()
        self.began = []
        self.delivered = []

        def begin(parameter_id, later):
            self.began.append(parameter_id)
            return propose(parameter_id, later)

        def hand_on(end):
            self.delivered.append(end.parameter_id)
            deliver(end)

        given = {"first": 0, "concurrent": True, "patience": None, "code_dirs": [__file__]}
        self.calls = Calls(
            propose=begin,
            plain=plain_params,
            deliver=hand_on,
            notify=self.notices.put,
            failed=lambda error, method: self.broken.put((error, method)),
            **{**given, **more},
        )

    def ask(self, room=1):
        """What the controller does: request again whenever a proposal is coming."""
        while True:
            answer = self.calls.next_proposal(room)
            if answer is not True:
                return answer
            self.notice("ready")

    def notice(self, kind):
        while True:
            notice = self.notices.get(timeout=PATIENCE)
            if kind in notice:
                return notice[kind]

    def result(self, *parameter_ids):
        for parameter_id in parameter_ids:
            self.calls.add_result(End(parameter_id))


def until(seen):
    """Wait for what no event tells of."""
    end = time.monotonic() + PATIENCE
    while not seen():
        assert time.monotonic() < end
        time.sleep(0.01)


class Gate:
    """An event for which each proposal that comes to it waits; it counts them."""

    def __init__(self):
        self.opened = threading.Event()
        self.waiting = 0
        self._lock = threading.Lock()

    def wait(self):
        with self._lock:
            self.waiting += 1
        assert self.opened.wait(PATIENCE)


__all__ = ["PATIENCE", "Desk", "End", "Gate", "call_state", "until"]
