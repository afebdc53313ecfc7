import fcntl
import os
import signal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heirloom.node import slots
from heirloom.node.attempt_ended import AttemptEnded
from heirloom.node.slots import Slot


class GivenUpError(Exception):
    """The end of the waiting attempt was requested."""


@pytest.fixture
def node(tmp_path):
    return Node(str(tmp_path))


class Node:
    def __init__(self, run_dir):
        self.run_dir = run_dir
        self.slots: tuple[slots.Slot, ...] = ()

    def make(self, *gpus):
        wanted = [{"name": str(n), "gpus": list(held)} for n, held in enumerate(gpus)]
        self.slots = slots.create_slots(self.run_dir, wanted)

    def take(self, count=1, gpus=0, pause=None):
        taken, fds = slots.take_slots(self.run_dir, self.slots, count, gpus, pause or give_up)
        return [slot.name for slot in taken], fds

    def free(self):
        return [slot.name for slot in self.slots if self._is_free(slot.name)]

    def _is_free(self, name):
        with Path(self.run_dir, "slots", name).open() as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            return True


def give_up(*_):
    raise GivenUpError


def release(fds):
    for fd in fds:
        os.close(fd)


def test_a_slot_is_taken_and_freed(node):
    node.make([], [])
    taken, fds = node.take()
    assert taken == ["0"]
    assert node.free() == ["1"]
    release(fds)
    assert node.free() == ["0", "1"]


def test_several_are_taken_all_or_none(node):
    node.make([], [], [])
    _, held = node.take(2)
    with pytest.raises(GivenUpError):
        node.take(2)
    assert node.free() == ["2"]  # the attempt that gave up holds nothing
    release(held)
    taken, fds = node.take(3)
    assert taken == ["0", "1", "2"]
    release(fds)


def test_a_waiting_attempt_takes_a_freed_slot(node):
    node.make([])
    _, held = node.take()
    taken, fds = node.take(pause=lambda *_: release([held.pop()]) if held else give_up())
    assert taken == ["0"]
    release(fds)


def test_a_gpu_that_several_slots_name_is_shared_among_them(node):
    node.make(["0"], ["0"], ["1", "2"], [])
    first, second, third, last = node.slots
    shares = [slots.gpu_share(taken, node.slots) for taken in ([first], [third], [last])]
    assert shares == [0.5, 2.0, 0.0]
    assert slots.gpu_share([first, second, third], node.slots) == 3.0


def test_a_trial_without_gpus_takes_a_slot_without_gpus(node):
    node.make(["0"], [], ["1"])
    taken, fds = node.take(1, gpus=0)
    assert taken == ["1"]
    more, others = node.take(1, gpus=1)
    assert more == ["0"]
    release(fds + others)


def test_a_trial_with_gpus_gets_different_ones(node):
    node.make(["0"], ["0"], ["1"], [])
    taken, fds = node.take(2, gpus=2)
    assert taken == ["0", "2"]
    with pytest.raises(GivenUpError):
        node.take(2, gpus=2)
    release(fds)


def test_slots_that_share_a_gpu_exclude_each_other(node):
    """As those of two experiments whose trials ask for one GPU and for two."""
    named = [{"name": "GPU-a", "gpus": ["0"]}, {"name": "GPU-b", "gpus": ["1"]}]
    one = slots.create_slots(node.run_dir, named)
    both = slots.create_slots(node.run_dir, [{"name": "GPU-a+GPU-b", "gpus": ["0", "1"]}])
    _, held = slots.take_slots(node.run_dir, one[1:], 1, 1, give_up)
    with pytest.raises(GivenUpError):
        slots.take_slots(node.run_dir, both, 1, 2, give_up)
    _, others = slots.take_slots(node.run_dir, one[:1], 1, 1, give_up)
    release(held + others)
    taken, fds = slots.take_slots(node.run_dir, both, 1, 2, give_up)
    assert taken == list(both)
    assert len(fds) == 2
    with pytest.raises(GivenUpError):
        slots.take_slots(node.run_dir, one, 1, 1, give_up)
    release(fds)


@pytest.mark.parametrize(("count", "gpus"), [(3, 0), (1, 2), (2, 2)])
def test_more_slots_or_gpus_than_the_node_has_are_refused(node, count, gpus):
    node.make(["0"], ["0"])
    with pytest.raises(AttemptEnded, match="takes") as caught:
        node.take(count, gpus)
    assert caught.value.outcome == "refused"


def test_the_kernel_frees_the_slots_of_a_killed_process(node):
    node.make([])
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        node.take()
        os.write(writing, b"!")
        signal.pause()
        os._exit(1)
    os.read(reading, 1)
    assert node.free() == []
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    assert node.free() == ["0"]
    release([reading, writing])


def test_an_attempt_that_gives_up_at_the_gate_unlocks_it(node):
    node.make([], [])
    gate = os.open(f"{node.run_dir}/slots/.gate", os.O_RDONLY)
    fcntl.flock(gate, fcntl.LOCK_EX)
    with pytest.raises(GivenUpError):
        node.take()
    os.close(gate)

    def wait(timeout, *fds):
        return set(fds) if fds and os.read(fds[0], 1) else set()

    taken, fds = node.take(pause=wait)  # maybe after the thread of the other attempt
    assert len(taken) == 1
    release(fds)


def test_slots_are_created_once_and_every_user_may_lock_them(node, tmp_path):
    node.make(["3"])
    made = tmp_path / "slots/0"
    before = made.stat()
    node.make(["3"])
    assert made.stat() == before
    assert made.read_text() == '{"gpus": ["3"]}'
    assert made.stat().st_mode & 0o777 == 0o666


def test_without_a_list_the_existing_slots_are_used(node, tmp_path):
    node.make(["3"], [])
    (tmp_path / "slots/1").write_text("")  # as tmpfiles creates it
    assert slots.create_slots(node.run_dir, []) == (Slot("0", ("3",)), Slot("1"))


@pytest.mark.parametrize("name", ["", ".gate", "a/b", "a+", "a+.gate", "a+b/c"])
def test_invalid_slot_names(node, name):
    with pytest.raises(OSError, match="not a valid slot name"):
        slots.create_slots(node.run_dir, [{"name": name}])


some_slots = st.lists(st.lists(st.sampled_from("0123"), unique=True, max_size=1), max_size=6)


@given(some_slots, st.integers(1, 4), st.integers(0, 4))
def test_a_choice_is_valid_and_found_whenever_one_exists(gpus, count, wanted):
    there = [Slot(str(number), tuple(held)) for number, held in enumerate(gpus)]
    chosen = slots._choose(there, count, wanted)
    different = len({gpu for slot in there for gpu in slot.gpus})
    possible = len(there) >= count and min(different, count) >= wanted
    assert (chosen is not None) == possible
    if chosen is not None:
        assert len(set(chosen)) == count
        assert len({gpu for slot in chosen for gpu in slot.gpus}) >= wanted


@pytest.mark.parametrize(
    ("held", "count", "gpus", "expected"),
    [
        ([[], [], [], []], 1, 0, 4),
        ([[], [], [], [], []], 2, 0, 2),
        ([["0"], [], ["1"], []], 1, 1, 2),
        ([["0"], ["1"], [], []], 2, 1, 2),
        ([["0"], ["0"]], 1, 1, 2),
        ([["0", "1"], ["2", "3"]], 1, 2, 2),
        ([["0"], ["1"]], 1, 2, 0),
        ([[str(n)] for n in range(300)], 1, 1, 300),
    ],
)
def test_number_of_trials_at_once(held, count, gpus, expected):
    there = [Slot(str(number), tuple(named)) for number, named in enumerate(held)]
    assert slots.at_once(there, count, gpus) == expected


def test_slots_with_gpus_are_left_to_those_who_need_them(node):
    node.make(["0"], ["1"], [], [])
    first, fds = node.take(2, gpus=1)
    assert first == ["0", "2"]
    second, others = node.take(2, gpus=1)
    assert second == ["1", "3"]
    release(fds + others)
