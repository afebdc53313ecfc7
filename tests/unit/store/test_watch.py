"""The store's thread on a real directory, with a clock that the test sets."""

import errno
import json
import os
import queue
import threading
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from controller.core.events import Began, Ended, Event, NoVerdict, VerdictSeen
from controller.core.model import Outcome, State
from controller.store import layout
from controller.store.layout import Root
from controller.store.monitor import metrics
from controller.store.monitor.attempts import report_events
from controller.store.watch import STALL, StoreWatch
from heirloom.store import mail
from heirloom.store.files import RealFiles
from heirloom.store.manifest import Manifest

PATIENCE = 20.0  # real seconds for what takes a moment
DIGEST = "sha256:" + "0" * 64


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


class Flaky(RealFiles):
    """A store that goes away, refuses one path, or hangs, on request."""

    def __init__(self) -> None:
        self.away = False
        self.refused: str | None = None
        self.hang = threading.Event()
        self.hang.set()
        self.hung = threading.Event()
        self.failures = threading.Semaphore(0)

    def _pass(self, path: str) -> None:
        if not self.hang.is_set():
            self.hung.set()
            self.hang.wait()
        if self.away or (self.refused is not None and self.refused in path):
            self.failures.release()
            raise OSError(errno.EIO, os.strerror(errno.EIO), path)

    def names(self, path: str, limit: int | None = None) -> list[str]:
        self._pass(path)
        return super().names(path, limit)

    def read(self, path: str, limit: int) -> bytes:
        self._pass(path)
        return super().read(path, limit)

    def write(self, path: str, data: bytes) -> None:
        self._pass(path)
        super().write(path, data)

    def rename(self, old: str, new: str) -> None:
        self._pass(old)
        super().rename(old, new)


class Bench:
    """A watch, and what it posted."""

    def __init__(self, root: Root) -> None:
        self.root = root
        self.clock, self.files = Clock(), Flaky()
        self.posts: queue.Queue[tuple[Sequence[Event], Sequence[str]]] = queue.Queue()
        self.silent: list[tuple[int, int]] = []
        self.watch = StoreWatch(
            root,
            root.experiment,
            self.files,
            lambda events, mail: self.posts.put((events, mail)),
            lambda trial, number: self.silent.append((trial, number)),
            clock=self.clock,
            now=lambda: 5.0,
        )

    def stalled_since(self) -> float | None:
        """The watch's present answer."""
        return self.watch.stalled_since

    def next_events(self) -> list[Event]:
        """Acknowledge the mail of the next post, and return its events."""
        events, mail = self.posts.get(timeout=PATIENCE)
        if mail:
            self.watch.acknowledge(mail)
        return list(events)

    def rounds(self) -> None:
        """Return after everything was read once more, at the clock's present time."""
        for _ in range(2):
            seen = threading.Event()
            self.watch._requests.put(partial(self.watch._retries.add, "a round", seen.set))
            assert seen.wait(PATIENCE)

    def quiet(self) -> bool:
        self.rounds()
        return self.posts.empty()

    def pass_time(self, seconds: float) -> None:
        """Advance the clock, with a read every few seconds."""
        end = self.clock.now + seconds
        while self.clock.now < end:
            self.clock.now += 5.0
            self.rounds()

    def failing_looks(self, count: int) -> None:
        """Return after so many more failed reads of the store."""
        while self.files.failures.acquire(blocking=False):
            pass
        for _ in range(count + 1):  # one may have begun before
            self.watch.stop_monitoring(99, 1)  # an order wakes the thread
            assert self.files.failures.acquire(timeout=PATIENCE)

    def send(self, attempt: str, kind: str, **more: Any) -> None:
        message = {"kind": kind, "attempt": attempt, "node": "gpu1", **more}
        mail.send(RealFiles(), str(self.root.path), message)

    def mail(self, box: str) -> list[str]:
        return sorted(path.name for path in (self.root.mail / box).iterdir())

    def attempt(self, trial: int, number: int) -> Path:
        path = self.root.attempt(trial, number)
        path.mkdir(exist_ok=True)
        return path

    def report(self, trial: int, number: int, *steps: int) -> None:
        with (self.attempt(trial, number) / "metrics.jsonl").open("a") as file:
            file.writelines(f'{{"step": {step}, "value": {step / 10}}}\n' for step in steps)

    def beat(self, trial: int, number: int, counter: int) -> None:
        (self.attempt(trial, number) / "heartbeat").write_text(str(counter))

    def commit(self, trial: int, number: int, **more: Any) -> None:
        stands = {"state": "succeeded", "value": 0.5, "result": {"value": 0.5}, **more}
        manifest = Manifest(self.root.experiment, trial, attempt=f"{trial}.{number}", **stands)
        self.root.trial(trial).mkdir()
        (self.root.trial(trial) / "manifest.json").write_bytes(manifest.to_json())


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(layout.create(tmp_path / "the store", "ann", "digits", "1"))
    yield made
    made.files.hang.set()
    made.files.away = False
    made.watch.close(PATIENCE)


def reported(trial: int, number: int, *steps: int) -> list[Event]:
    reports = [(step, step / 10, None) for step in steps]
    return [*report_events((trial, number), reports, 5.0)]


def ended(trial: int, number: int, outcome: str, reason: str = "") -> Ended:
    return Ended(at=5.0, trial=trial, number=number, outcome=Outcome(outcome), reason=reason)


SUCCEEDED = VerdictSeen(
    at=5.0, trial=7, state=State.SUCCEEDED, number=2, value=0.5, result={"value": 0.5}
)


def test_an_attempt_from_its_beginning_to_its_commit(bench: Bench) -> None:
    bench.watch.monitor(7, 2)
    bench.watch.start()
    bench.send("7.2", "began")
    assert bench.next_events() == [Began(at=5.0, trial=7, number=2)]
    bench.report(7, 2, 1, 2)
    bench.clock.now += 1
    assert bench.next_events() == reported(7, 2, 1, 2)
    bench.report(7, 2, 3)
    bench.commit(7, 2)
    bench.send("7.2", "ended", outcome="committed")
    assert bench.next_events() == [*reported(7, 2, 3), ended(7, 2, "committed"), SUCCEEDED]
    assert bench.quiet()
    assert bench.mail("done") == ["7.2.began.json", "7.2.ended.json"]


def test_mail_is_posted_once_and_stays_until_it_is_journaled(bench: Bench) -> None:
    bench.watch.start()
    bench.send("7.2", "ended", outcome="failed", reason="exit code 3")
    events, mail = bench.posts.get(timeout=PATIENCE)
    assert events == [ended(7, 2, "failed", "exit code 3")]
    assert bench.quiet()
    assert bench.mail("new") == ["7.2.ended.json"]
    bench.watch.acknowledge(mail)
    bench.rounds()
    assert bench.mail("new") == []


def test_mail_that_was_not_journaled_before_a_kill_is_posted_again(tmp_path: Path) -> None:
    root = layout.create(tmp_path, "ann", "digits", "1")
    for _ in range(2):
        bench = Bench(root)
        bench.watch.start()
        if not bench.mail("new"):
            bench.send("7.2", "began")
        events, _ = bench.posts.get(timeout=PATIENCE)
        assert events == [Began(at=5.0, trial=7, number=2)]
        bench.watch.close(PATIENCE)


def test_journaled_mail_is_moved_on_close(bench: Bench) -> None:
    bench.watch.start()
    bench.send("7.2", "began")
    bench.next_events()
    bench.watch.close(PATIENCE)
    assert bench.mail("done") == ["7.2.began.json"]


def test_on_resume_only_new_reports_are_posted(bench: Bench) -> None:
    bench.report(7, 2, 1, 2, 3)
    bench.watch.monitor(7, 2, reports_known=2)
    bench.watch.start()
    assert bench.next_events() == reported(7, 2, 3)


def test_many_reports_are_posted_in_parts_and_the_end_after_them(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metrics, "CHUNK", 300)
    bench.watch.monitor(7, 2)
    bench.report(7, 2, *range(100))
    bench.commit(7, 2)
    bench.send("7.2", "ended", outcome="committed")
    posted: list[Event] = []
    reading: list[tuple[int, int] | None] = []
    while not any(isinstance(event, VerdictSeen) for event in posted):
        bench.watch.step(0.0)
        while not bench.posts.empty():
            posted += bench.next_events()
        reading.append(bench.watch.reading)
    *reports, end, verdict = posted
    assert (end, verdict) == (ended(7, 2, "committed"), SUCCEEDED)
    steps = [step for event in reports for step, _ in getattr(event, "reports", ())]
    assert steps == list(range(100))
    assert len(reports) > 5
    assert reading[0] is not None
    assert reading[0][0] == 7
    assert reading[-1] is None


def test_the_reports_of_one_trial_do_not_delay_those_of_another(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metrics, "CHUNK", 300)
    for trial in range(20):
        bench.watch.monitor(trial, 1)
        bench.report(trial, 1, *range(100))
    first: list[int] = []
    while len(set(first)) < 20:
        assert bench.watch.step(0.0)  # there is more to read
        first += [getattr(event, "trial", -1) for event in bench.next_events()]
        bench.clock.now += 0.01
    assert len(first) <= 40


def test_mail_journaled_before_a_crash_posts_no_report_twice(bench: Bench) -> None:
    bench.report(7, 2, 1, 2, 3)
    bench.send("7.2", "ended", outcome="failed")
    bench.watch.start()  # the attempt has ended in the journal, so nobody follows it
    assert bench.next_events() == [ended(7, 2, "failed")]


def test_the_end_of_a_lost_attempt_still_posts_its_last_reports(bench: Bench) -> None:
    bench.report(7, 2, 1)
    bench.watch.monitor(7, 2)
    bench.watch.start()
    assert bench.next_events() == reported(7, 2, 1)
    bench.watch.stop_monitoring(7, 2)
    bench.report(7, 2, 2)
    bench.clock.now += 10
    assert bench.quiet()
    bench.send("7.2", "ended", outcome="failed")
    assert bench.next_events() == [*reported(7, 2, 2), ended(7, 2, "failed")]
    bench.rounds()  # it is done: the next of its name is another one
    bench.send("7.2", "ended", outcome="failed")
    assert bench.next_events() == [ended(7, 2, "failed")]


def test_ended_is_delayed_until_its_manifest_can_be_read(bench: Bench) -> None:
    bench.watch.monitor(7, 2)
    bench.report(7, 2, 1)
    bench.watch.start()
    assert bench.next_events() == reported(7, 2, 1)
    bench.send("7.2", "ended", outcome="committed")
    assert bench.quiet()
    bench.commit(7, 2)
    assert bench.next_events() == [ended(7, 2, "committed"), SUCCEEDED]


def test_ended_without_a_manifest_becomes_lost(bench: Bench) -> None:
    bench.watch.start()
    bench.send("7.2", "ended", outcome="committed")
    assert bench.quiet()
    bench.clock.now += 61
    reason = "committed, but there is no verdict in trials/7"
    assert bench.next_events() == [ended(7, 2, "lost", reason)]


@pytest.mark.parametrize(
    "text",
    ["{", "[]", json.dumps({"format": 1, "trial": 8}), Manifest("other-2", 7, "failed").to_json()],
)
def test_a_damaged_or_foreign_manifest_is_a_failure(bench: Bench, text: Any) -> None:
    bench.root.trial(7).mkdir()
    manifest = bench.root.trial(7) / "manifest.json"
    manifest.write_bytes(text if isinstance(text, bytes) else text.encode())
    bench.watch.start()
    bench.send("7.2", "ended", outcome="beaten")
    end, verdict = bench.next_events()
    assert end == ended(7, 2, "beaten")
    assert isinstance(verdict, VerdictSeen)
    assert (verdict.state, verdict.weights) == (State.FAILED, False)
    assert verdict.reason.startswith(str(manifest))


def test_one_wrong_read_of_a_manifest_is_repeated(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.commit(7, 2)
    read, wrong = bench.files.read, [b"\0" * 20, b"{"]

    def misread(path: str, limit: int) -> bytes:
        data = read(path, limit)
        return wrong.pop() if wrong and path.endswith("trials/7/manifest.json") else data

    monkeypatch.setattr(bench.files, "read", misread)
    bench.watch.start()
    bench.send("7.2", "ended", outcome="committed")
    assert bench.next_events() == [ended(7, 2, "committed"), SUCCEEDED]
    assert not wrong


def test_malformed_mail_does_not_stop_the_watch(bench: Bench) -> None:
    (bench.root.mail / "new" / "0.1.began.json").write_text("hello")
    bench.watch.start()
    bench.send("7.2", "began")
    assert bench.next_events() == [Began(at=5.0, trial=7, number=2)]
    assert bench.mail("bad") == ["0.1.began.json"]


def test_an_exception_of_post_does_not_stop_the_watch(tmp_path: Path) -> None:
    bench = Bench(layout.create(tmp_path, "ann", "digits", "1"))
    refusals = iter([ValueError("the loop is not there yet")])
    put = bench.posts.put

    def post(events: Sequence[Event], mail: Sequence[str]) -> None:
        for error in refusals:
            raise error
        put((events, mail))

    bench.watch = StoreWatch(
        bench.root, bench.root.experiment, bench.files, post, lambda trial, number: None
    )
    bench.watch.start()
    bench.watch.pass_verdict(7, State.FAILED, "no attempt left")
    (verdict,) = bench.next_events()
    assert isinstance(verdict, VerdictSeen)
    bench.watch.close(PATIENCE)


def test_a_verdict_is_passed_and_posted(bench: Bench) -> None:
    bench.watch.start()
    bench.watch.pass_verdict(7, State.SKIPPED, "trial 3 failed")
    assert bench.next_events() == [
        VerdictSeen(at=5.0, trial=7, state=State.SKIPPED, reason="trial 3 failed")
    ]
    manifest = json.loads((bench.root.trial(7) / "manifest.json").read_text())
    assert (manifest["state"], manifest["attempt"], manifest["weights"]) == ("skipped", None, False)
    bench.watch.pass_verdict(7, State.CANCELLED, "too late")
    (again,) = bench.next_events()
    assert isinstance(again, VerdictSeen)
    assert again.state is State.SKIPPED


def test_an_existing_verdict_is_posted_instead(bench: Bench) -> None:
    bench.commit(7, 2)
    bench.watch.start()
    bench.watch.pass_verdict(7, State.FAILED, "lost")
    assert bench.next_events() == [SUCCEEDED]


def test_a_verdict_is_retried_until_it_is_written(bench: Bench) -> None:
    bench.files.refused = ".verdict/"
    bench.watch.start()
    bench.watch.pass_verdict(7, State.FAILED, "lost")
    assert bench.quiet()
    bench.clock.now += 20
    assert bench.quiet()
    bench.files.refused = None
    bench.clock.now += 20
    (verdict,) = bench.next_events()
    assert isinstance(verdict, VerdictSeen)
    assert verdict.state is State.FAILED


def test_read_verdict_posts_the_verdict_or_its_absence(bench: Bench) -> None:
    files = [{"path": "a", "size": 3, "digest": DIGEST}, {"path": "b", "size": 4, "digest": DIGEST}]
    bench.root.trial(7).mkdir()
    manifest = json.loads(Manifest(bench.root.experiment, 7, "stopped", attempt="7.2").to_json())
    manifest = {**manifest, "files": files, "weights": True}
    (bench.root.trial(7) / "manifest.json").write_text(json.dumps(manifest))
    bench.watch.start()
    bench.watch.read_verdict(6)
    assert bench.next_events() == [NoVerdict(at=5.0, trial=6)]
    bench.watch.read_verdict(7)
    assert bench.next_events() == [
        VerdictSeen(at=5.0, trial=7, state=State.STOPPED, number=2, weights=True, size=7)
    ]


def test_a_heartbeat_that_stops_is_reported(bench: Bench) -> None:
    bench.beat(7, 2, 1)
    bench.beat(8, 1, 1)
    bench.watch.monitor(7, 2)
    bench.watch.monitor(8, 1)
    bench.watch.start()
    bench.rounds()
    for counter in range(2, 14):
        bench.beat(8, 1, counter)
        bench.pass_time(5)
    assert bench.silent == [(7, 2)]
    bench.watch.stop_monitoring(7, 2)
    for counter in range(14, 40):
        bench.beat(8, 1, counter)
        bench.pass_time(5)
    assert bench.silent == [(7, 2)]


@pytest.mark.parametrize("seconds", [5, 100])
def test_an_outage_is_not_a_lost_heartbeat(bench: Bench, seconds: int) -> None:
    bench.beat(7, 2, 1)
    bench.watch.monitor(7, 2)
    bench.watch.start()
    bench.rounds()
    bench.pass_time(55)
    assert bench.stalled_since() is None
    bench.files.away = True
    away = bench.clock.now
    bench.failing_looks(2)
    for _ in range(seconds // 5):
        bench.clock.now += 5
        bench.failing_looks(1)
    assert bench.stalled_since() == away
    bench.files.away = False
    bench.rounds()
    assert bench.stalled_since() is None
    bench.pass_time(55)
    assert bench.silent == []
    bench.pass_time(10)
    assert bench.silent == [(7, 2)]


def test_a_store_that_hangs_blocks_no_caller_and_loses_no_heartbeat(bench: Bench) -> None:
    bench.beat(7, 2, 1)
    bench.watch.monitor(7, 2)
    bench.watch.start()
    bench.rounds()
    bench.pass_time(55)
    bench.files.hang.clear()
    assert bench.files.hung.wait(PATIENCE)
    hangs_since = bench.clock.now
    bench.clock.now += STALL - 1
    assert bench.stalled_since() is None
    bench.clock.now += 600
    assert bench.stalled_since() == hangs_since
    bench.watch.monitor(8, 1)
    bench.watch.pass_verdict(8, State.CANCELLED, "by a person")
    bench.files.hang.set()
    (verdict,) = bench.next_events()
    assert isinstance(verdict, VerdictSeen)
    bench.rounds()
    assert bench.stalled_since() is None
    assert bench.silent == []


def test_close_does_not_wait_for_a_store_that_hangs(bench: Bench) -> None:
    bench.watch.start()
    bench.files.hang.clear()
    assert bench.files.hung.wait(PATIENCE)
    bench.watch.close(0.01)


def test_the_free_space_is_measured(bench: Bench) -> None:
    assert bench.watch.free_bytes is None
    bench.watch.start()
    bench.rounds()
    assert (bench.watch.free_bytes or 0) > 0
