"""Sends orders to nodes through ansible-runner, in waves."""

from __future__ import annotations

import errno
import shutil
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from controller.config.passed import NOTHING, Passed
from controller.dispatch.ansible import runner
from controller.dispatch.ansible.answers import Answer, AttemptStatus
from controller.dispatch.ansible.inventory import Inventory, Node
from controller.dispatch.ansible.waves import Wave, arguments, take
from controller.dispatch.interface import Order, Start
from controller.errors import reason as reason_of

AnswerCallback = Callable[[Sequence[Answer]], None]

GATHER = 0.02  # seconds without a further order after which a wave leaves
_GATHER_LONGEST = 0.2  # seconds that a wave waits for further orders at most
_MIN_FREE = 16 << 20  # bytes free in `work_dir` without which no wave starts
_CANCEL = 5.0  # seconds that a cancelled wave may take to end


class WaveSender:
    """Carries orders to nodes, each wave by one run of ansible-runner. Answers each order once.

    At most `waves` are under way at once, never two for one node; meanwhile the next one fills.
    `work_dir`, on local disk, belongs to the sender; `deadline` is in seconds, for a wave. `post`
    gets the answers of a node together, as they arrive, in any thread; it must return at once.
    """

    def __init__(
        self,
        inventory: Inventory,
        work_dir: Path,
        post: AnswerCallback,
        *,
        experiment: str,
        passed: Passed = NOTHING,
        deadline: float = 120.0,
        waves: int = 2,
        carry: Callable[[runner.Run], str] = runner.carry,
    ) -> None:
        self._nodes: Mapping[str, Node] = {node.name: node for node in inventory.nodes}
        self._inventory = inventory
        self._experiment = experiment
        self._passed = passed
        self._work_dir = work_dir
        self._post = post
        self._deadline = deadline
        self._carry = carry
        self._pending: dict[str, list[Order]] = {}
        self._busy: set[str] = set()  # nodes with a wave under way
        self._under_way: set[Wave] = set()
        self._closed = False
        self._changed = threading.Condition()  # guards these four
        self._cancelled = threading.Event()
        _clear(work_dir)
        self._workers = [
            threading.Thread(target=self._work, name=f"wave-{number}", daemon=True)
            for number in range(waves)
        ]
        for thread in self._workers:
            thread.start()

    def submit(self, orders: Sequence[Order]) -> None:
        """Take orders for the next waves. Returns at once."""
        unlisted = [order for order in orders if order.node not in self._nodes]
        self._answer(unlisted, AttemptStatus.UNREACHABLE, "the inventory has no such node")
        listed = [order for order in orders if order.node in self._nodes]
        with self._changed:
            if not self._closed:
                for order in listed:
                    self._pending.setdefault(order.node, []).append(order)
                self._changed.notify_all()
                return
        self._answer(listed, AttemptStatus.UNKNOWN, "never sent: the dispatcher was closed")

    def close(self, timeout: float) -> None:
        """Finish the waves under way, within `timeout` seconds, and drop the orders not sent.

        A wave that is not done by then is cancelled, which takes a second or two more.
        """
        with self._changed:
            self._closed = True
            dropped = [order for orders in self._pending.values() for order in orders]
            self._pending.clear()
            self._changed.notify_all()
        self._answer(dropped, AttemptStatus.UNKNOWN, "never sent: the dispatcher was closed")
        self._join(timeout)
        self._cancelled.set()
        self._join(_CANCEL)
        with self._changed:
            left = list(self._under_way)
        for wave in left:
            self._give_up(wave, "the wave could not be cancelled")

    def _join(self, timeout: float) -> None:
        end = time.monotonic() + timeout
        for worker in self._workers:
            worker.join(max(0.0, end - time.monotonic()))

    def _work(self) -> None:
        while (wave := self._next()) is not None:
            self._send(wave)
            with self._changed:
                self._under_way.discard(wave)

    def _next(self) -> Wave | None:
        """Wait for orders that can leave, and take them; None when the sender is closed."""
        with self._changed:
            while True:
                self._changed.wait_for(lambda: self._closed or self._pending.keys() - self._busy)
                self._gather()
                if self._closed:
                    return None
                if lists := take(self._pending, self._busy):
                    wave = Wave(lists)
                    self._busy |= lists.keys()
                    self._under_way.add(wave)
                    return wave

    def _gather(self) -> None:
        """Wait until no further order comes, so that orders submitted together travel together."""
        end = time.monotonic() + _GATHER_LONGEST
        before = 0
        while before != (count := sum(map(len, self._pending.values()))):
            before = count
            self._changed.wait_for(lambda: self._closed, GATHER)
            if self._closed or time.monotonic() > end:
                return

    def _send(self, wave: Wave) -> None:
        end = time.monotonic() + self._deadline
        run = runner.Run(
            lists={
                name: arguments(self._nodes[name], self._experiment, orders)
                for name, orders in wave.lists.items()
            },
            passed={
                name: dict(self._passed.on(is_local=self._nodes[name].is_local))
                for name, orders in wave.lists.items()
                if any(isinstance(order, Start) for order in orders)
            },
            inventory=self._inventory.path,
            variables=self._inventory.login,
            work_dir=self._work_dir,
            on_reply=lambda reply: self._take_reply(wave, reply),
            cancelled=lambda: self._cancelled.is_set() or time.monotonic() > end,
        )
        ours = False
        try:
            _check_free_space(self._work_dir)
            reason = self._carry(run)
        except OSError as error:  # this machine failed, not a node
            reason, ours = f"{reason_of(error)}: {error.filename or self._work_dir}", True
        except Exception as error:  # the orders must be answered whatever broke
            reason = f"the wave broke: {type(error).__name__}: {error}"
        if time.monotonic() > end:
            reason, ours = f"no reply within {self._deadline:g} seconds", False
        self._give_up(wave, reason, ours=ours)

    def _take_reply(self, wave: Wave, reply: runner.Reply) -> None:
        if answers := wave.answers(reply):
            self._post(answers)
            self._free({reply.node})

    def _give_up(self, wave: Wave, reason: str, *, ours: bool = False) -> None:
        left = wave.rest()
        self._answer(left, AttemptStatus.UNKNOWN, reason, ours=ours)
        self._free({order.node for order in left})

    def _free(self, nodes: set[str]) -> None:
        """Make these nodes available to other waves, even if this wave still waits for others."""
        with self._changed:
            self._busy -= nodes
            self._changed.notify_all()

    def _answer(
        self, orders: Sequence[Order], found: AttemptStatus, reason: str, *, ours: bool = False
    ) -> None:
        if orders:
            self._post([Answer(order, found, reason, ours=ours) for order in orders])


def _check_free_space(work_dir: Path) -> None:
    """Raise OSError if Ansible would run out of space in the middle of a wave."""
    if shutil.disk_usage(work_dir).free < _MIN_FREE:
        raise OSError(errno.ENOSPC, "No space left on device", str(work_dir))


def _clear(work_dir: Path) -> None:
    """Remove the directories of waves that a killed controller left behind."""
    work_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    for left in work_dir.glob(f"{runner.PREFIX}*"):
        shutil.rmtree(left, ignore_errors=True)
