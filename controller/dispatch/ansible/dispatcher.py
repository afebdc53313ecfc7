"""The dispatcher that carries orders to nodes through ansible-runner, in waves."""

from __future__ import annotations

import errno
import shutil
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from queue import SimpleQueue

from controller.dispatch.ansible import runner
from controller.dispatch.ansible.inventory import Inventory, Node
from controller.dispatch.ansible.waves import Wave, arguments, take
from controller.dispatch.interface import Answer, AnswerCallback, AttemptStatus, Order
from controller.errors import reason as words

GATHER = 0.02  # seconds without a further order after which a wave leaves
_GATHER_LONGEST = 0.2  # seconds that it waits for them at most
_ROOM = 16 << 20  # bytes free in `work_dir` without which no wave is begun
_CANCEL = 5.0  # seconds that a cancelled wave may take to end


class AnsibleDispatcher:
    """Carries orders to nodes, each wave by one run of ansible-runner.

    At most `waves` are under way at once, never two for one node; meanwhile the next one fills.
    `work_dir`, on local disk, is the dispatcher's own; `deadline` is in seconds, for a wave. `post`
    gets the answers of a node together, as they arrive, in a thread of the dispatcher's.
    """

    def __init__(
        self,
        inventory: Inventory,
        work_dir: Path,
        post: AnswerCallback,
        *,
        experiment: str,
        deadline: float = 120.0,
        waves: int = 2,
        carry: Callable[[runner.Run], str] = runner.carry,
    ) -> None:
        self._nodes: Mapping[str, Node] = {node.name: node for node in inventory.nodes}
        self._inventory = inventory
        self._experiment = experiment
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
        self._answers: SimpleQueue[Sequence[Answer] | None] = SimpleQueue()
        _clear(work_dir)
        self._poster = threading.Thread(target=self._post_answers, name="answers", daemon=True)
        self._workers = [
            threading.Thread(target=self._work, name=f"wave-{number}", daemon=True)
            for number in range(waves)
        ]
        for thread in (self._poster, *self._workers):
            thread.start()

    def submit(self, orders: Sequence[Order]) -> None:
        """Take orders for the next waves. Returns at once."""
        strangers = [order for order in orders if order.node not in self._nodes]
        self._answer(strangers, AttemptStatus.UNREACHABLE, "the inventory has no such node")
        known = [order for order in orders if order.node in self._nodes]
        with self._changed:
            if not self._closed:
                for order in known:
                    self._pending.setdefault(order.node, []).append(order)
                self._changed.notify_all()
                return
        self._answer(known, AttemptStatus.UNKNOWN, "never sent: the dispatcher was closed")

    def close(self, timeout: float) -> None:
        """Finish the waves under way, at most `timeout` seconds, and drop what was not sent.

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
        self._answers.put(None)
        self._poster.join()

    def _join(self, timeout: float) -> None:
        end = time.monotonic() + timeout
        for worker in self._workers:
            worker.join(max(0.0, end - time.monotonic()))

    def _work(self) -> None:
        while (wave := self._next()) is not None:
            self._dispatch(wave)
            with self._changed:
                self._under_way.discard(wave)

    def _next(self) -> Wave | None:
        """Wait for orders that can leave, and take them; None when the dispatcher is closed."""
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
        """Wait until no further order comes: what is submitted together travels together."""
        end = time.monotonic() + _GATHER_LONGEST
        before = 0
        while before != (count := sum(map(len, self._pending.values()))):
            before = count
            self._changed.wait_for(lambda: self._closed, GATHER)
            if self._closed or time.monotonic() > end:
                return

    def _dispatch(self, wave: Wave) -> None:
        end = time.monotonic() + self._deadline
        run = runner.Run(
            lists={
                name: arguments(self._nodes[name], self._experiment, orders)
                for name, orders in wave.lists.items()
            },
            inventory=self._inventory.path,
            variables=self._inventory.login,
            work_dir=self._work_dir,
            heard=lambda reply: self._hear(wave, reply),
            cancelled=lambda: self._cancelled.is_set() or time.monotonic() > end,
        )
        ours = False
        try:
            _need_room(self._work_dir)
            reason = self._carry(run)
        except OSError as error:  # no node has to do with it
            reason, ours = f"{words(error)}: {error.filename or self._work_dir}", True
        except Exception as error:  # whatever broke, the orders must be answered
            reason = f"the wave broke: {type(error).__name__}: {error}"
        if time.monotonic() > end:
            reason, ours = f"no reply within {self._deadline:g} seconds", False
        self._give_up(wave, reason, ours=ours)

    def _hear(self, wave: Wave, reply: runner.Reply) -> None:
        if answers := wave.hear(reply):
            self._answers.put(answers)
            self._free({reply.node})

    def _give_up(self, wave: Wave, reason: str, *, ours: bool = False) -> None:
        left = wave.rest()
        self._answer(left, AttemptStatus.UNKNOWN, reason, ours=ours)
        self._free({order.node for order in left})

    def _free(self, nodes: set[str]) -> None:
        """Let further waves have these nodes, be the wave itself still waiting for others."""
        with self._changed:
            self._busy -= nodes
            self._changed.notify_all()

    def _answer(
        self, orders: Sequence[Order], found: AttemptStatus, reason: str, *, ours: bool = False
    ) -> None:
        if orders:
            self._answers.put([Answer(order, found, reason, ours=ours) for order in orders])

    def _post_answers(self) -> None:
        while (answers := self._answers.get()) is not None:
            self._post(answers)


def _need_room(work_dir: Path) -> None:
    """Raise OSError where Ansible would run out of room in the middle of a wave."""
    if shutil.disk_usage(work_dir).free < _ROOM:
        raise OSError(errno.ENOSPC, "No space left on device", str(work_dir))


def _clear(work_dir: Path) -> None:
    """Remove what the waves of a controller that was killed left behind."""
    work_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    for left in work_dir.glob(f"{runner.PREFIX}*"):
        shutil.rmtree(left, ignore_errors=True)
