"""Slots: places for trials on a node, kept as lock files on its local disk.

A trial's process inherits the lock's descriptor, so the kernel frees a slot when the last such
process ends. To take slots, an attempt first locks the gate. So an attempt that needs several slots
takes all or none, and no attempt overtakes another.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import threading
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Optional

from ..store.backoff import pauses
from .attempt_ended import AttemptEnded
from .waiting.pause import Pause

_FIRST_PAUSE, _LONGEST_PAUSE = 0.002, 0.05  # seconds between tries to lock slots


TOGETHER = "+"  # in a slot's name, between the names of several lock files


@dataclass(frozen=True)
class Slot:
    """A place for one trial, and the GPUs that belong to it."""

    name: str
    gpus: tuple[str, ...] = ()

    @property
    def locks(self) -> list[str]:
        """The names of its lock files: one for a number, one for each GPU that it is named by."""
        return self.name.split(TOGETHER)


def create_slots(run_dir: str, wanted: Iterable[Mapping[str, Any]]) -> tuple[Slot, ...]:
    """Create the missing lock files under `run_dir`, and return the node's slots.

    If `wanted` is empty, returns the slots that exist. Raises OSError when one cannot be created.
    """
    directory = f"{run_dir}/slots"
    os.makedirs(directory, 0o777, exist_ok=True)
    _create_lock_file(f"{directory}/.gate", b"")
    slots = []
    for data in wanted:
        slot = Slot(str(data["name"]), tuple(str(gpu) for gpu in data.get("gpus") or ()))
        for name in slot.locks:
            if name.startswith(".") or "/" in name or not name:
                raise OSError(errno.EINVAL, "not a valid slot name", slot.name)
            gpus = slot.gpus if name == slot.name else ()
            _create_lock_file(f"{directory}/{name}", json.dumps({"gpus": gpus}).encode())
        slots.append(slot)
    return tuple(slots) or _existing_slots(directory)


def take_slots(
    run_dir: str, slots: Sequence[Slot], count: int, gpus: int, pause: Pause
) -> tuple[list[Slot], list[int]]:
    """Take `count` of `slots` with at least `gpus` different GPUs.

    Returns the slots and the descriptors that hold them. Waits in `pause`, which may raise to give
    up. Raises AttemptEnded when the node has too few slots or GPUs.
    """
    if not suffice(slots, count, gpus):
        node_gpus = len({gpu for slot in slots for gpu in slot.gpus})
        raise AttemptEnded(
            "refused",
            f"the trial takes {count} slots and {gpus} GPUs; "
            f"this node has {len(slots)} slots and {node_gpus} GPUs",
        )
    gate = _lock_gate(f"{run_dir}/slots/.gate", pause)
    try:
        return _lock_slots(f"{run_dir}/slots", slots, count, gpus, pause)
    finally:
        fcntl.flock(gate, fcntl.LOCK_UN)
        os.close(gate)


def suffice(slots: Sequence[Slot], count: int, gpus: int) -> bool:
    """Whether some `count` of a node's slots have at least `gpus` different GPUs."""
    return _choose(slots, count, gpus) is not None


def gpu_share(taken: Iterable[Slot], slots: Sequence[Slot]) -> float:
    """The number of GPUs of some of a node's slots. One that k slots name counts 1/k in each."""
    named = Counter(gpu for slot in slots for gpu in set(slot.gpus))
    return sum(1 / named[gpu] for slot in taken for gpu in set(slot.gpus))


def at_once(slots: Sequence[Slot], count: int, gpus: int) -> int:
    """How many trials a node can run at once that take `count` slots and `gpus` GPUs each."""
    rest, number = list(slots), 0
    while (chosen := _choose(rest, count, gpus)) is not None:
        rest = [slot for slot in rest if slot not in chosen]
        number += 1
    return number


def _lock_slots(
    directory: str, slots: Sequence[Slot], count: int, gpus: int, pause: Pause
) -> tuple[list[Slot], list[int]]:
    """Lock all free slots until enough are held, then release the rest.

    Too many may be held meanwhile. That delays no one: others wait at the gate.
    """
    opened = {
        slot: [os.open(f"{directory}/{name}", os.O_RDONLY) for name in slot.locks] for slot in slots
    }
    held: list[Slot] = []
    intervals = pauses(_FIRST_PAUSE, _LONGEST_PAUSE, factor=1.5)
    chosen: Optional[list[Slot]] = None
    try:
        while True:
            held += [slot for slot in slots if slot not in held and _try_lock_all(opened[slot])]
            chosen = _choose(held, count, gpus)
            if chosen is not None:
                return chosen, [fd for slot in chosen for fd in opened[slot]]
            pause(next(intervals))
    finally:
        for slot, fds in opened.items():
            if chosen is None or slot not in chosen:
                for fd in fds:
                    os.close(fd)


def _choose(slots: Sequence[Slot], count: int, gpus: int) -> Optional[list[Slot]]:
    """`count` of `slots` with at least `gpus` GPUs, and few more; None when they do not suffice.

    GPUs are chosen greedily, which is exact if each slot names one GPU, or if slots share none.
    """
    rest = list(slots)
    chosen: list[Slot] = []
    named: set[str] = set()
    while len(named) < gpus and len(chosen) < count and rest:
        best = max(rest, key=lambda slot: len(set(slot.gpus) - named))
        rest.remove(best)
        chosen.append(best)
        named.update(best.gpus)
    chosen += sorted(rest, key=lambda slot: len(slot.gpus))[: count - len(chosen)]
    return chosen if len(chosen) == count and len(named) >= gpus else None


def _lock_gate(path: str, pause: Pause) -> int:
    """Wait for the gate's lock and return the descriptor that holds it.

    A thread blocks in flock(2), which serves waiting processes in order, and signals this one
    through a pipe. So `pause` can still react to other events.
    """
    gate = os.open(path, os.O_RDONLY)
    if _try_lock(gate):
        return gate
    reader, writer = os.pipe()

    def wait() -> None:
        fcntl.flock(gate, fcntl.LOCK_EX)
        try:
            os.write(writer, b"!")
        except BrokenPipeError:  # the attempt has given up meanwhile
            fcntl.flock(gate, fcntl.LOCK_UN)

    threading.Thread(target=wait, daemon=True).start()
    try:
        while reader not in pause(None, reader):
            pass
    except BaseException:
        os.close(reader)
        fcntl.flock(gate, fcntl.LOCK_UN)  # the thread may have locked it just now
        raise
    os.close(reader)
    os.close(writer)
    return gate


def _try_lock(fd: int) -> bool:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _try_lock_all(fds: Sequence[int]) -> bool:
    """Lock all descriptors or none."""
    for number, fd in enumerate(fds):
        if not _try_lock(fd):
            for locked in fds[:number]:
                fcntl.flock(locked, fcntl.LOCK_UN)
            return False
    return True


def _create_lock_file(path: str, data: bytes) -> None:
    """Create a file that every user may lock, unless it exists."""
    with contextlib.suppress(FileExistsError):
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
        try:
            os.fchmod(fd, 0o666)
            os.write(fd, data)
        finally:
            os.close(fd)


def _existing_slots(directory: str) -> tuple[Slot, ...]:
    found = []
    for name in sorted(os.listdir(directory)):
        if not name.startswith("."):
            with open(f"{directory}/{name}") as file:
                text = file.read()
            data = json.loads(text) if text.strip() else {}
            found.append(Slot(name, tuple(str(gpu) for gpu in data.get("gpus", ()))))
    return tuple(found)
