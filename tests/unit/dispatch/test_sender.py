"""The sender of waves, with runs that the test controls."""

import threading
from collections.abc import Iterator
from pathlib import Path
from queue import Queue

import pytest

from controller.dispatch.ansible.answers import Answer, AttemptStatus
from controller.dispatch.ansible.inventory import Inventory, Node, Slot
from controller.dispatch.ansible.runner import Reply, Run
from controller.dispatch.ansible.sender import WaveSender
from controller.dispatch.interface import End, Order, Probe, Start
from tests.unit.dispatch.specs import spec

SOON = 10.0  # seconds after which a test gives up; nothing here takes long


class PlayedRun:
    """A run under way. Its nodes reply when the test calls `reply`."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.nodes = set(run.lists)
        self._over = threading.Event()
        self._end: str | Exception = "nobody knows"

    def reply(self, node: str, found: str = "running") -> None:
        asked = self.run.lists[node]
        attempts = [end["attempt"] for end in asked["ends"]] + list(asked["probes"])
        self.run.on_reply(Reply(node, [{"attempt": name, "found": found} for name in attempts]))

    def end(self, how: str | Exception = "nobody knows") -> None:
        self._end = how
        self._over.set()

    def wait(self) -> str:
        while not self._over.wait(0.005):
            if self.run.cancelled():
                return "cancelled"
        if isinstance(self._end, Exception):
            raise self._end
        return self._end


class Lab:
    """A sender for nodes a, b and c, its runs and its answers."""

    def __init__(self, work_dir: Path) -> None:
        self.work_dir = work_dir
        self.runs: Queue[PlayedRun] = Queue()
        self.answers: Queue[list[Answer]] = Queue()
        self.sender: WaveSender | None = None

    def open(self, **options) -> WaveSender:
        def carry(run: Run) -> str:
            played = PlayedRun(run)
            self.runs.put(played)
            return played.wait()

        nodes = tuple(Node(name, (Slot("0"),), Path("/run/h")) for name in "abc")
        self.sender = WaveSender(
            Inventory(Path("/lab/hosts.yml"), nodes),
            self.work_dir,
            lambda answers: self.answers.put(list(answers)),
            experiment="digits-1",
            **{"carry": carry, **options},
        )
        return self.sender

    def run(self) -> PlayedRun:
        """The next run to leave."""
        return self.runs.get(timeout=SOON)

    def answered(self) -> list[tuple[str, str, AttemptStatus]]:
        """The next batch of answers."""
        batch = self.answers.get(timeout=SOON)
        return [(answer.order.node, answer.order.attempt, answer.found) for answer in batch]


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    lab = Lab(tmp_path / "waves")
    yield lab
    if lab.sender is not None:
        lab.sender.close(0)


def probe(attempt: str, node: str = "a") -> Probe:
    return Probe(attempt, node)


def test_orders_submitted_together_share_a_wave(lab):
    lab.open().submit([probe("1.1"), probe("2.1", "b"), probe("3.1")])
    run = lab.run()
    assert {name: asked["probes"] for name, asked in run.run.lists.items()} == {
        "a": ["1.1", "3.1"],
        "b": ["2.1"],
    }


def test_an_order_submitted_shortly_after_joins_the_wave(lab, monkeypatch):
    monkeypatch.setattr("controller.dispatch.ansible.sender.GATHER", 0.5)
    sender = lab.open(waves=1)
    sender.submit([probe("1.1")])
    sender.submit([probe("2.1")])
    assert lab.run().run.lists["a"]["probes"] == ["1.1", "2.1"]


def test_answers_are_posted_as_soon_as_a_node_replies(lab):
    lab.open().submit([probe("1.1"), probe("2.1", "b")])
    run = lab.run()
    run.reply("b")
    assert lab.answered() == [("b", "2.1", AttemptStatus.RUNNING)]
    run.reply("a")
    assert lab.answered() == [("a", "1.1", AttemptStatus.RUNNING)]


def test_a_node_has_one_wave_at_a_time(lab):
    sender = lab.open()
    sender.submit([probe("1.1")])
    first = lab.run()
    sender.submit([probe("2.1"), probe("3.1", "b")])
    second = lab.run()
    assert second.nodes == {"b"}
    first.reply("a")
    first.end()
    third = lab.run()
    assert third.run.lists["a"]["probes"] == ["2.1"]


def test_a_node_that_has_replied_gets_the_next_wave_before_slow_nodes_reply(lab):
    sender = lab.open()
    sender.submit([probe("1.1"), probe("2.1", "b")])
    slow = lab.run()
    slow.reply("a")
    sender.submit([probe("3.1"), probe("4.1", "b")])
    assert lab.run().nodes == {"a"}


def test_a_wave_that_ends_late_does_not_free_the_nodes_of_another_wave(lab):
    sender = lab.open(waves=3)
    sender.submit([probe("1.1"), probe("2.1", "b")])
    first = lab.run()
    first.reply("a")
    sender.submit([probe("3.1")])
    second = lab.run()
    first.end()
    assert lab.answered() == [("a", "1.1", AttemptStatus.RUNNING)]
    assert lab.answered() == [("b", "2.1", AttemptStatus.UNKNOWN)]
    sender.submit([probe("4.1"), probe("5.1", "b")])
    assert (second.nodes, lab.run().nodes) == ({"a"}, {"b"})


def test_at_most_two_waves_run_at_once(lab):
    sender = lab.open()
    sender.submit([probe("1.1")])
    first = lab.run()
    sender.submit([probe("2.1", "b")])
    lab.run()
    sender.submit([probe("3.1", "c")])
    first.reply("a")
    assert lab.answered() == [("a", "1.1", AttemptStatus.RUNNING)]
    assert lab.runs.empty()
    first.end()
    assert lab.run().nodes == {"c"}


def test_orders_submitted_during_a_wave_share_the_next_one(lab):
    sender = lab.open()
    sender.submit([probe("1.1")])
    first = lab.run()
    for number in range(2, 6):
        sender.submit([probe(f"{number}.1")])
    first.end()
    assert lab.run().run.lists["a"]["probes"] == ["2.1", "3.1", "4.1", "5.1"]


def test_orders_of_a_node_that_did_not_reply_are_unknown(lab):
    lab.open().submit([probe("1.1"), probe("2.1", "b")])
    run = lab.run()
    run.reply("a")
    run.end("ansible was killed")
    lab.answered()
    (answer,) = lab.answers.get(timeout=SOON)
    assert answer == Answer(probe("2.1", "b"), AttemptStatus.UNKNOWN, "ansible was killed")


def test_orders_of_a_run_that_raises_are_unknown_and_later_waves_work(lab):
    sender = lab.open()
    sender.submit([probe("1.1")])
    lab.run().end(OSError(28, "No space left on device"))
    (answer,) = lab.answers.get(timeout=SOON)
    assert (answer.found, answer.ours) == (AttemptStatus.UNKNOWN, True)
    assert answer.reason == f"no space left on device: {lab.work_dir}"
    sender.submit([probe("2.1")])
    lab.run().reply("a")
    assert lab.answered() == [("a", "2.1", AttemptStatus.RUNNING)]


def test_no_wave_starts_without_free_disk_space(lab, monkeypatch):
    sender = lab.open()
    monkeypatch.setattr("controller.dispatch.ansible.sender._MIN_FREE", 1 << 60)
    sender.submit([probe("1.1")])
    (answer,) = lab.answers.get(timeout=SOON)
    assert (answer.found, answer.ours) == (AttemptStatus.UNKNOWN, True)
    assert answer.reason.startswith("no space left on device: ")
    assert lab.runs.empty()


def test_the_answer_of_an_unreachable_node_has_the_reason(lab):
    lab.open().submit([probe("1.1")])
    lab.run().run.on_reply(Reply("a", None, AttemptStatus.UNREACHABLE, "connection refused"))
    (answer,) = lab.answers.get(timeout=SOON)
    assert (answer.found, answer.reason) == (AttemptStatus.UNREACHABLE, "connection refused")


def test_a_node_missing_from_the_inventory_is_unreachable(lab):
    lab.open().submit([probe("1.1", "z")])
    assert lab.answered() == [("z", "1.1", AttemptStatus.UNREACHABLE)]


def test_a_wave_past_its_deadline_is_cancelled(lab):
    sender = lab.open(deadline=0.05)
    sender.submit([probe("1.1")])
    (answer,) = lab.answers.get(timeout=SOON)
    assert answer == Answer(probe("1.1"), AttemptStatus.UNKNOWN, "no reply within 0.05 seconds")


def test_a_repeated_or_late_reply_is_ignored(lab):
    sender = lab.open()
    sender.submit([probe("1.1")])
    run = lab.run()
    run.reply("a")
    run.reply("a")
    run.end()
    assert lab.answered() == [("a", "1.1", AttemptStatus.RUNNING)]
    sender.close(SOON)
    assert lab.answers.empty()


def test_close_waits_for_the_wave_and_drops_unsent_orders(lab):
    sender = lab.open()
    sender.submit([probe("1.1")])
    run = lab.run()
    sender.submit([probe("2.1")])
    closing = threading.Thread(target=sender.close, args=(SOON,))
    closing.start()
    (dropped,) = lab.answers.get(timeout=SOON)
    assert (dropped.order, dropped.found) == (probe("2.1"), AttemptStatus.UNKNOWN)
    assert "never sent" in dropped.reason
    run.reply("a")
    run.end()
    closing.join()
    assert lab.answered() == [("a", "1.1", AttemptStatus.RUNNING)]
    sender.submit([probe("3.1")])
    sender.close(0)
    assert lab.runs.empty()


def test_close_cancels_a_wave_that_takes_too_long(lab):
    sender = lab.open()
    sender.submit([probe("1.1"), probe("2.1", "b")])
    run = lab.run()
    run.reply("a")
    sender.close(0.01)
    assert lab.answered() == [("a", "1.1", AttemptStatus.RUNNING)]
    (answer,) = lab.answers.get(timeout=SOON)
    assert answer == Answer(probe("2.1", "b"), AttemptStatus.UNKNOWN, "cancelled")


def test_orders_of_a_run_that_cannot_be_cancelled_are_answered(lab, monkeypatch):
    monkeypatch.setattr("controller.dispatch.ansible.sender._CANCEL", 0.05)
    stuck = threading.Event()

    def carry(run: Run) -> str:
        stuck.wait()
        return "too late"

    sender = lab.open(carry=carry)
    sender.submit([probe("1.1")])
    while not sender._busy:
        stuck.wait(0.005)
    sender.close(0)
    assert lab.answered() == [("a", "1.1", AttemptStatus.UNKNOWN)]
    stuck.set()


def test_every_order_is_answered_once_under_load(lab):
    """Many threads submit while waves end in every possible way."""

    def carry(run: Run) -> str:
        for name, asked in run.lists.items():
            attempts = asked["probes"]
            number = int(attempts[0].partition(".")[0])
            if number % 5 == 0:
                raise OSError("broke")
            if number % 3 == 0:
                continue
            found = [{"attempt": attempt, "found": "running"} for attempt in attempts]
            run.on_reply(Reply(name, found[: len(found) - number % 2]))
        return "no reply"

    sender = lab.open(carry=carry)
    orders: list[Order] = [probe(f"{number}.1", "abcz"[number % 4]) for number in range(400)]

    def submit(part: int) -> None:
        for order in orders[part::4]:
            sender.submit([order])

    threads = [threading.Thread(target=submit, args=(part,)) for part in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sender.close(SOON)
    answered = [answer.order for batch in list(lab.answers.queue) for answer in batch]
    assert sorted(answered, key=lambda order: int(order.attempt[:-2])) == orders


def test_directories_left_by_a_killed_controller_are_removed(lab):
    (lab.work_dir / "wave-x1" / "env").mkdir(parents=True)
    lab.open()
    assert list(lab.work_dir.iterdir()) == []


def test_the_end_of_a_starting_attempt_waits_for_the_next_wave(lab):
    sender = lab.open()
    sender.submit([Start("1.1", "a", spec("1.1")), End("1.1", "a", "cancelled")])
    first = lab.run()
    assert first.run.lists["a"]["ends"] == []
    first.end()
    assert lab.run().run.lists["a"]["ends"] == [
        {"attempt": "1.1", "how": "cancelled", "reason": ""}
    ]
