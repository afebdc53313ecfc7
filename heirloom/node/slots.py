"""Slots: places for trials on a node, as lock files on its local disk.

The kernel frees a slot when the last process dies that inherited its descriptor. Whoever wants
slots holds the gate while it gathers them, so a trial that needs several takes all or none, and
nobody is overtaken.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Optional

from .process.ended import Ended

Pause = Callable[..., "set[int]"]  # (seconds or None, *descriptors) -> those that are ready
_QUICKEST, _SLOWEST = 0.002, 0.05  # seconds between looks at the slots


@dataclass(frozen=True)
class Slot:
    """A place for one trial, and the GPUs that come with it."""

    name: str
    gpus: tuple[str, ...] = ()


def make(run_dir: str, wanted: Iterable[Mapping[str, Any]]) -> tuple[Slot, ...]:
    """The node's slots, as lock files under `run_dir`; those missing are made.

    With none wanted, those that are there. Raises OSError when one is missing and cannot be made.
    """
    directory = f"{run_dir}/slots"
    os.makedirs(directory, 0o777, exist_ok=True)
    _touch(f"{directory}/.gate", b"")
    slots = []
    for said in wanted:
        slot = Slot(str(said["name"]), tuple(str(gpu) for gpu in said.get("gpus") or ()))
        if slot.name.startswith(".") or "/" in slot.name or not slot.name:
            raise OSError(errno.EINVAL, "cannot be a slot's name", slot.name)
        _touch(f"{directory}/{slot.name}", json.dumps({"gpus": slot.gpus}).encode())
        slots.append(slot)
    return tuple(slots) or _present(directory)


def take(
    run_dir: str, slots: Sequence[Slot], count: int, gpus: int, pause: Pause
) -> tuple[list[Slot], list[int]]:
    """Take `count` of `slots` with at least `gpus` different GPUs; them and their descriptors.

    Waits for its turn and for the slots, in `pause`, which may raise to give up. Raises Ended when
    the node could never serve it.
    """
    if _choose(slots, count, gpus) is None:
        there = len({gpu for slot in slots for gpu in slot.gpus})
        raise Ended(
            "refused",
            f"the trial takes {count} slots and {gpus} GPUs; "
            f"this node has {len(slots)} slots and {there} GPUs",
        )
    gate = _pass_gate(f"{run_dir}/slots/.gate", pause)
    try:
        return _gather(f"{run_dir}/slots", slots, count, gpus, pause)
    finally:
        fcntl.flock(gate, fcntl.LOCK_UN)
        os.close(gate)


def _gather(
    directory: str, slots: Sequence[Slot], count: int, gpus: int, pause: Pause
) -> tuple[list[Slot], list[int]]:
    """Lock slots until enough are held. Holding too many harms nobody while the gate is held."""
    free = sorted(slots, key=lambda slot: bool(slot.gpus) != bool(gpus))  # the fitting ones first
    opened = {slot: os.open(f"{directory}/{slot.name}", os.O_RDONLY) for slot in free}
    held: list[Slot] = []
    interval = _QUICKEST
    chosen: Optional[list[Slot]] = None
    try:
        while True:
            for slot in [slot for slot in free if slot not in held]:
                if _lock(opened[slot]):
                    held.append(slot)
                    chosen = _choose(held, count, gpus)
                    if chosen is not None:
                        return chosen, [opened[slot] for slot in chosen]
            pause(interval)
            interval = min(interval * 1.5, _SLOWEST)
    finally:
        for slot, fd in opened.items():
            if chosen is None or slot not in chosen:
                os.close(fd)


def _choose(slots: Sequence[Slot], count: int, gpus: int) -> Optional[list[Slot]]:
    """Of `slots` those to take, in the order given; None when they do not suffice.

    GPUs are gathered greedily: exact where slots name one GPU each or disjoint ones.
    """
    rest = list(slots)
    chosen: list[Slot] = []
    named: set[str] = set()
    while len(named) < gpus and len(chosen) < count and rest:
        best = max(rest, key=lambda slot: len(set(slot.gpus) - named))
        rest.remove(best)
        chosen.append(best)
        named.update(best.gpus)
    chosen += rest[: count - len(chosen)]
    return chosen if len(chosen) == count and len(named) >= gpus else None


def _pass_gate(path: str, pause: Pause) -> int:
    """Wait until nobody else holds the gate; the descriptor that holds it."""
    gate = os.open(path, os.O_RDONLY)
    if _lock(gate):
        return gate
    heard, told = os.pipe()

    def wait() -> None:
        fcntl.flock(gate, fcntl.LOCK_EX)
        try:
            os.write(told, b"!")
        except BrokenPipeError:  # given up meanwhile
            fcntl.flock(gate, fcntl.LOCK_UN)

    threading.Thread(target=wait, daemon=True).start()
    try:
        while heard not in pause(None, heard):
            pass
    except BaseException:
        os.close(heard)
        fcntl.flock(gate, fcntl.LOCK_UN)  # in case it was passed just now
        raise
    os.close(heard)
    os.close(told)
    return gate


def _lock(fd: int) -> bool:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _touch(path: str, data: bytes) -> None:
    """Make a lock file that every user may lock, unless it is there."""
    with contextlib.suppress(FileExistsError):
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
        try:
            os.fchmod(fd, 0o666)
            os.write(fd, data)
        finally:
            os.close(fd)


def _present(directory: str) -> tuple[Slot, ...]:
    found = []
    for name in sorted(os.listdir(directory)):
        if not name.startswith("."):
            with open(f"{directory}/{name}") as file:
                text = file.read()
            said = json.loads(text) if text.strip() else {}
            found.append(Slot(name, tuple(str(gpu) for gpu in said.get("gpus", ()))))
    return tuple(found)
