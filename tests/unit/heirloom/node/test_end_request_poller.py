"""The poller of a node finds the controller's requests to end attempts on the store."""

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from controller.store import layout
from controller.store.end_requests import EndRequests
from heirloom.node.claims import Claims
from heirloom.node.waiting.end_requests import INTERVAL, EndRequestPoller
from heirloom.node.waiting.wakeups import Wakeups
from heirloom.store.files import RealFiles


class CountedFiles(RealFiles):
    """Records what is read below the experiment's root, and fails on request."""

    def __init__(self) -> None:
        self.reads: list[str] = []
        self.refused = ""

    def read(self, path: str, limit: int) -> bytes:
        self.reads.append("/".join(path.split("/")[-2:]))
        if self.refused and self.refused in path:
            raise OSError(errno.EIO, "away", path)
        return super().read(path, limit)


class Bench:
    """A node with attempts of one experiment."""

    def __init__(self, base: Path) -> None:
        self.root = layout.create(base / "store", "ann", "digits", "1")
        self.requests = EndRequests(self.root, RealFiles(), lambda: 5.0)
        self.claims = Claims(str(base / "run"), self.root.experiment)
        self.claims.create_directory()
        self.wakeups = Wakeups(self.claims.directory)
        self.files = CountedFiles()
        self.fifos: dict[str, int] = {}
        self.now = 0.0

    def supervise(self, attempt: str) -> EndRequestPoller:
        self.wakeups.create(attempt)
        self.fifos[attempt] = self.wakeups.open(attempt)
        (self.root.attempts / attempt).mkdir()
        root = str(self.root.path)
        return EndRequestPoller(self.files, root, self.claims, self.wakeups, attempt, self.now)

    def poll(self, *pollers: EndRequestPoller, seconds: float = INTERVAL) -> list[str]:
        """Let time pass. Returns what was read on the store."""
        self.files.reads.clear()
        self.now += seconds
        for poller in pollers:
            poller.poll(self.now)
        return list(self.files.reads)

    def woken(self, attempt: str) -> bool:
        try:
            return bool(os.read(self.fifos[attempt], 100))
        except BlockingIOError:
            return False


@pytest.fixture
def bench(tmp_path: Path) -> Any:
    made = Bench(tmp_path)
    yield made
    for fd in made.fifos.values():
        os.close(fd)


def test_a_request_reaches_another_attempt_on_the_node(bench: Bench) -> None:
    first, second = bench.supervise("7.1"), bench.supervise("8.1")
    assert bench.poll(first, second) == ["digits-1/ends"]
    bench.requests.send(8, 1, "stopped", "hopeless")
    assert bench.poll(first, second) == ["digits-1/ends", "7.1/end", "8.1/end"]
    assert bench.claims.end_request("8.1") == ("stopped", "hopeless")
    assert (bench.woken("7.1"), bench.woken("8.1")) == (False, True)
    # Nothing is looked at again until another request is there.
    assert bench.poll(first, second) == ["digits-1/ends"]
    bench.requests.send(7, 1, "cancelled", "enough")
    assert "7.1/end" in bench.poll(first, second)
    assert (bench.woken("7.1"), bench.woken("8.1")) == (True, False)


def test_one_supervisor_polls_until_it_ends(bench: Bench) -> None:
    first, second = bench.supervise("7.1"), bench.supervise("8.1")
    for _ in range(20):
        assert bench.poll(first, second) == ["digits-1/ends"]
    bench.requests.send(8, 1, "stopped", "hopeless")
    first.close()
    assert bench.woken("8.1")  # and then it polls at once
    second.due = bench.now
    assert bench.poll(second, seconds=0.0) == ["digits-1/ends", "7.1/end", "8.1/end"]
    assert bench.woken("8.1")


def test_a_poller_that_was_killed_is_replaced(bench: Bench) -> None:
    first, second = bench.supervise("7.1"), bench.supervise("8.1")
    bench.poll(first, second)
    assert first._lock is not None
    os.close(first._lock)  # the kernel does that
    bench.requests.send(8, 1, "stopped", "hopeless")
    assert "8.1/end" in bench.poll(second, seconds=10.0)


def test_a_wave_and_the_store_may_request_the_same(bench: Bench) -> None:
    poller = bench.supervise("7.1")
    bench.requests.send(7, 1, "stopped", "hopeless")
    bench.claims.request_end("7.1", "stopped", "hopeless")
    bench.poll(poller)
    assert not bench.woken("7.1")


def test_a_late_stop_does_not_override_a_cancel(bench: Bench) -> None:
    poller = bench.supervise("7.1")
    bench.requests.send(7, 1, "stopped", "hopeless")
    bench.claims.request_end("7.1", "cancelled", "enough")
    bench.poll(poller)
    assert bench.claims.end_request("7.1") == ("cancelled", "enough")


def test_a_look_that_failed_is_repeated(bench: Bench) -> None:
    poller = bench.supervise("7.1")
    bench.requests.send(7, 1, "stopped", "hopeless")
    bench.files.refused = "7.1/end"
    bench.poll(poller)
    bench.files.refused = ""
    bench.poll(poller)
    assert bench.woken("7.1")


@pytest.mark.parametrize("text", ["", "[", "[]", '{"how": "exploded"}', "[" * 5000, "\0", "\xff"])
def test_what_is_no_request_is_ignored(bench: Bench, text: str) -> None:
    poller = bench.supervise("7.1")
    (bench.root.attempts / "7.1/end").write_text(text, encoding="latin-1")
    bench.requests.send(8, 1, "stopped", "")  # it has no directory: nothing is written
    assert bench.poll(poller) == ["digits-1/ends"]
    (bench.root.path / "ends").write_text("1")
    bench.poll(poller)
    assert bench.claims.end_request("7.1") is None


def test_the_trial_user_can_read_what_the_controller_writes(bench: Bench) -> None:
    bench.supervise("7.1")
    before = os.umask(0o077)
    try:
        bench.requests.send(7, 1, "stopped", "hopeless")
    finally:
        os.umask(before)
    for path in (bench.root.attempts / "7.1/end", bench.root.path / "ends"):
        assert path.stat().st_mode & 0o777 == 0o640
