"""The logic of waves, with a run that the test itself plays."""

import threading
from collections.abc import Iterator
from pathlib import Path
from queue import Queue

import pytest

from controller.dispatch.ansible.dispatcher import AnsibleDispatcher
from controller.dispatch.ansible.inventory import Inventory, Node, Slot
from controller.dispatch.ansible.runner import Reply, Run
from controller.dispatch.interface import Answer, AttemptStatus, End, Order, Probe, Start

SOON = 10.0  # seconds after which a test gives up; nothing here takes long


class PlayedRun:
    """A run under way, whose nodes reply when the test says so."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.nodes = set(run.lists)
        self._over = threading.Event()
        self._end: str | Exception = "nobody knows"

    def reply(self, node: str, found: str = "running") -> None:
        asked = self.run.lists[node]
        attempts = [end["attempt"] for end in asked["ends"]] + list(asked["probes"])
        self.run.heard(Reply(node, [{"attempt": name, "found": found} for name in attempts]))

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
    """A dispatcher over nodes a, b and c, its runs and its answers."""

    def __init__(self, work_dir: Path) -> None:
        self.work_dir = work_dir
        self.runs: Queue[PlayedRun] = Queue()
        self.answers: Queue[list[Answer]] = Queue()
        self.dispatcher: AnsibleDispatcher | None = None

    def open(self, **options) -> AnsibleDispatcher:
        def carry(run: Run) -> str:
            played = PlayedRun(run)
            self.runs.put(played)
            return played.wait()

        nodes = tuple(Node(name, (Slot("0"),), Path("/run/h")) for name in "abc")
        self.dispatcher = AnsibleDispatcher(
            Inventory(Path("/lab/hosts.yml"), nodes),
            self.work_dir,
            lambda answers: self.answers.put(list(answers)),
            experiment="digits-1",
            **{"carry": carry, **options},
        )
        return self.dispatcher

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
    if lab.dispatcher is not None:
        lab.dispatcher.close(0)


def probe(attempt: str, node: str = "a") -> Probe:
    return Probe(attempt, node)


def test_what_is_submitted_together_travels_together(lab):
    lab.open().submit([probe("1.1"), probe("2.1", "b"), probe("3.1")])
    run = lab.run()
    assert {name: asked["probes"] for name, asked in run.run.lists.items()} == {
        "a": ["1.1", "3.1"],
        "b": ["2.1"],
    }


def test_what_is_submitted_right_after_travels_too(lab, monkeypatch):
    monkeypatch.setattr("controller.dispatch.ansible.dispatcher.GATHER", 0.5)
    dispatcher = lab.open(waves=1)
    dispatcher.submit([probe("1.1")])
    dispatcher.submit([probe("2.1")])
    assert lab.run().run.lists["a"]["probes"] == ["1.1", "2.1"]


def test_a_node_is_answered_as_soon_as_it_replies(lab):
    lab.open().submit([probe("1.1"), probe("2.1", "b")])
    run = lab.run()
    run.reply("b")
    assert lab.answered() == [("b", "2.1", AttemptStatus.RUNNING)]
    run.reply("a")
    assert lab.answered() == [("a", "1.1", AttemptStatus.RUNNING)]


def test_never_two_waves_for_one_node(lab):
    dispatcher = lab.open()
    dispatcher.submit([probe("1.1")])
    first = lab.run()
    dispatcher.submit([probe("2.1"), probe("3.1", "b")])
    second = lab.run()
    assert second.nodes == {"b"}
    first.reply("a")
    first.end()
    third = lab.run()
    assert third.run.lists["a"]["probes"] == ["2.1"]


def test_a_node_that_has_replied_does_not_wait_for_the_slow_ones(lab):
    dispatcher = lab.open()
    dispatcher.submit([probe("1.1"), probe("2.1", "b")])
    slow = lab.run()
    slow.reply("a")
    dispatcher.submit([probe("3.1"), probe("4.1", "b")])
    assert lab.run().nodes == {"a"}


def test_a_wave_that_ends_late_frees_no_node_of_another_wave(lab):
    dispatcher = lab.open(waves=3)
    dispatcher.submit([probe("1.1"), probe("2.1", "b")])
    first = lab.run()
    first.reply("a")
    dispatcher.submit([probe("3.1")])
    second = lab.run()
    first.end()
    assert lab.answered() == [("a", "1.1", AttemptStatus.RUNNING)]
    assert lab.answered() == [("b", "2.1", AttemptStatus.UNKNOWN)]
    dispatcher.submit([probe("4.1"), probe("5.1", "b")])
    assert (second.nodes, lab.run().nodes) == ({"a"}, {"b"})


def test_two_waves_at_once_and_no_more(lab):
    dispatcher = lab.open()
    dispatcher.submit([probe("1.1")])
    first = lab.run()
    dispatcher.submit([probe("2.1", "b")])
    lab.run()
    dispatcher.submit([probe("3.1", "c")])
    first.reply("a")
    assert lab.answered() == [("a", "1.1", AttemptStatus.RUNNING)]
    assert lab.runs.empty()
    first.end()
    assert lab.run().nodes == {"c"}


def test_while_a_wave_is_under_way_the_next_one_fills(lab):
    dispatcher = lab.open()
    dispatcher.submit([probe("1.1")])
    first = lab.run()
    for number in range(2, 6):
        dispatcher.submit([probe(f"{number}.1")])
    first.end()
    assert lab.run().run.lists["a"]["probes"] == ["2.1", "3.1", "4.1", "5.1"]


def test_a_node_that_did_not_reply_leaves_its_orders_unknown(lab):
    lab.open().submit([probe("1.1"), probe("2.1", "b")])
    run = lab.run()
    run.reply("a")
    run.end("ansible was killed")
    lab.answered()
    (answer,) = lab.answers.get(timeout=SOON)
    assert answer == Answer(probe("2.1", "b"), AttemptStatus.UNKNOWN, "ansible was killed")


def test_a_run_that_raises_leaves_its_orders_unknown_and_harms_no_later_wave(lab):
    dispatcher = lab.open()
    dispatcher.submit([probe("1.1")])
    lab.run().end(OSError(28, "No space left on device"))
    (answer,) = lab.answers.get(timeout=SOON)
    assert (answer.found, answer.ours) == (AttemptStatus.UNKNOWN, True)
    assert answer.reason == f"no space left on device: {lab.work_dir}"
    dispatcher.submit([probe("2.1")])
    lab.run().reply("a")
    assert lab.answered() == [("a", "2.1", AttemptStatus.RUNNING)]


def test_without_room_here_no_wave_is_begun(lab, monkeypatch):
    dispatcher = lab.open()
    monkeypatch.setattr("controller.dispatch.ansible.dispatcher._ROOM", 1 << 60)
    dispatcher.submit([probe("1.1")])
    (answer,) = lab.answers.get(timeout=SOON)
    assert (answer.found, answer.ours) == (AttemptStatus.UNKNOWN, True)
    assert answer.reason.startswith("no space left on device: ")
    assert lab.runs.empty()


def test_an_unreachable_node_says_why(lab):
    lab.open().submit([probe("1.1")])
    lab.run().run.heard(Reply("a", None, AttemptStatus.UNREACHABLE, "connection refused"))
    (answer,) = lab.answers.get(timeout=SOON)
    assert (answer.found, answer.reason) == (AttemptStatus.UNREACHABLE, "connection refused")


def test_a_node_that_the_inventory_does_not_name_is_unreachable(lab):
    lab.open().submit([probe("1.1", "z")])
    assert lab.answered() == [("z", "1.1", AttemptStatus.UNREACHABLE)]


def test_a_wave_past_its_deadline_is_cancelled(lab):
    dispatcher = lab.open(deadline=0.05)
    dispatcher.submit([probe("1.1")])
    (answer,) = lab.answers.get(timeout=SOON)
    assert answer == Answer(probe("1.1"), AttemptStatus.UNKNOWN, "no reply within 0.05 seconds")


def test_a_reply_that_comes_twice_or_late_is_not_heard(lab):
    dispatcher = lab.open()
    dispatcher.submit([probe("1.1")])
    run = lab.run()
    run.reply("a")
    run.reply("a")
    run.end()
    assert lab.answered() == [("a", "1.1", AttemptStatus.RUNNING)]
    dispatcher.close(SOON)
    assert lab.answers.empty()


def test_close_waits_for_the_wave_and_drops_what_was_not_sent(lab):
    dispatcher = lab.open()
    dispatcher.submit([probe("1.1")])
    run = lab.run()
    dispatcher.submit([probe("2.1")])
    closing = threading.Thread(target=dispatcher.close, args=(SOON,))
    closing.start()
    (dropped,) = lab.answers.get(timeout=SOON)
    assert (dropped.order, dropped.found) == (probe("2.1"), AttemptStatus.UNKNOWN)
    assert "never sent" in dropped.reason
    run.reply("a")
    run.end()
    closing.join()
    assert lab.answered() == [("a", "1.1", AttemptStatus.RUNNING)]
    dispatcher.submit([probe("3.1")])
    dispatcher.close(0)
    assert lab.runs.empty()


def test_close_cancels_what_takes_too_long(lab):
    dispatcher = lab.open()
    dispatcher.submit([probe("1.1"), probe("2.1", "b")])
    run = lab.run()
    run.reply("a")
    dispatcher.close(0.01)
    assert lab.answered() == [("a", "1.1", AttemptStatus.RUNNING)]
    (answer,) = lab.answers.get(timeout=SOON)
    assert answer == Answer(probe("2.1", "b"), AttemptStatus.UNKNOWN, "cancelled")


def test_a_run_that_cannot_be_cancelled_is_answered_all_the_same(lab, monkeypatch):
    monkeypatch.setattr("controller.dispatch.ansible.dispatcher._CANCEL", 0.05)
    stuck = threading.Event()

    def carry(run: Run) -> str:
        stuck.wait()
        return "too late"

    dispatcher = lab.open(carry=carry)
    dispatcher.submit([probe("1.1")])
    while not dispatcher._busy:
        stuck.wait(0.005)
    dispatcher.close(0)
    assert lab.answered() == [("a", "1.1", AttemptStatus.UNKNOWN)]
    stuck.set()


def test_every_order_of_a_storm_is_answered_once(lab):
    """Many threads submit while waves end in every way there is."""

    def carry(run: Run) -> str:
        for name, asked in run.lists.items():
            attempts = asked["probes"]
            number = int(attempts[0].partition(".")[0])
            if number % 5 == 0:
                raise OSError("broke")
            if number % 3 == 0:
                continue
            found = [{"attempt": attempt, "found": "running"} for attempt in attempts]
            run.heard(Reply(name, found[: len(found) - number % 2]))
        return "no reply"

    dispatcher = lab.open(carry=carry)
    orders: list[Order] = [probe(f"{number}.1", "abcz"[number % 4]) for number in range(400)]

    def submit(part: int) -> None:
        for order in orders[part::4]:
            dispatcher.submit([order])

    threads = [threading.Thread(target=submit, args=(part,)) for part in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    dispatcher.close(SOON)
    answered = [answer.order for batch in list(lab.answers.queue) for answer in batch]
    assert sorted(answered, key=lambda order: int(order.attempt[:-2])) == orders


def test_what_a_killed_controller_left_is_cleared_away(lab):
    (lab.work_dir / "wave-x1" / "env").mkdir(parents=True)
    lab.open()
    assert list(lab.work_dir.iterdir()) == []


def test_the_end_of_an_attempt_that_is_starting_comes_a_wave_later(lab):
    dispatcher = lab.open()
    dispatcher.submit([Start("1.1", "a", {"attempt": "1.1"}), End("1.1", "a", "cancelled")])
    first = lab.run()
    assert first.run.lists["a"]["ends"] == []
    first.end()
    assert lab.run().run.lists["a"]["ends"] == [
        {"attempt": "1.1", "how": "cancelled", "reason": ""}
    ]
