"""A trial's process: what training writes to the store, and how the process ends."""

from __future__ import annotations

import errno
import json
import random
import signal
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from heirloom.node.spec import Spec
from tests.simulation.world.chains import reported
from tests.simulation.world.checkpoints import Saver
from tests.simulation.world.store import Inode, refusal

if TYPE_CHECKING:
    from tests.simulation.world.node import Node


class TrialLog:
    """Stands for the output of a trial."""

    ended = True
    lines: Sequence[str] = ("the last line of its output",)


class TrialProcess:
    """Has the interface of `heirloom.node.process.trial_process.TrialProcess`."""

    def __init__(
        self, node: Node, spec: Spec, wake: Callable[[], None], first_step: int = 0
    ) -> None:
        self.status: int | None = None
        self.peak_memory = 1 << 20
        self.cpu_seconds = 0.5
        self.log = TrialLog()
        self.sources = [1]
        self.spec = spec
        self.leftover: Inode | None = None  # the file that a leftover process has open
        self._node, self._wake = node, wake
        self._epoch = node.epoch
        self._rng: random.Random = node.lab.rng
        faults = node.lab.faults
        self._fails = faults.occurs("trial fails") or node.lab.mistake
        self._says = not faults.occurs("trial reports nothing")
        self._hangs = faults.occurs("trial hangs")
        self._leaves = faults.occurs("trial leaves a process")
        self._writes_beside = faults.occurs("trial writes beside its save path")
        self._stubborn = self._rng.random() < 0.1  # ignores SIGTERM
        self._first_step = first_step
        self._steps = self._rng.randint(0, 2)
        self._saver = Saver(node, spec, first_step)
        if faults.occurs("trial saves checkpoints"):
            self._left = self._rng.randint(1, 4)  # checkpoints
            self._later(self._rng.uniform(0.0, 1.0), self._begin_checkpoint)
        self._read()
        self._later(self._rng.choice([0.5, 3.0, 15.0, 40.0]) * self._rng.random(), self._train)

    # Calls of the supervisor

    def handle(self, ready: set[int]) -> bool:
        """Whether the process or a leftover runs."""
        return self.status is None or self.leftover is not None

    def group_lives(self) -> bool:
        """A process here has no shell in front of it."""
        return False

    def descendants(self) -> list[int]:
        """No trial here has a limit of memory."""
        return []

    def signal(self, number: int) -> None:
        """Receive a signal."""
        if self.status is None and (number == signal.SIGKILL or not self._stubborn):
            self._later(0.0, lambda: self._end(-number))

    def kill_rest(self, wait: Callable[..., object]) -> None:
        """End all leftover processes."""
        while self.handle(set()):
            self.kill()
            wait(0.01, 1)

    def kill(self, *, rest: bool = True) -> None:
        """End at once; with `rest` also what it left behind."""
        if self.status is None:
            self.status = -int(signal.SIGKILL)
        if rest:
            self.leftover = None

    # Actions of the process

    def _read(self) -> None:
        """Read the parents' weights, which the rules check."""
        root = self.spec.root
        for parent in self.spec.restore:
            found = {
                path: inode.data
                for path, inode in self._node.lab.server.tree(f"trials/{parent}/weights")
            }
            self._node.lab.rules.child_reads(self.spec.attempt, parent, found)
        self._start = {parent: f"{root}/trials/{parent}/weights" for parent in self.spec.restore}

    def _train(self) -> None:
        client, lab = self._node.client, self._node.lab
        weights = f"{self.spec.out}/weights"
        message = (
            f"{self.spec.attempt} {json.dumps(self.spec.params)} {self._rng.random()}".encode()
        )
        client.put(f"{weights}/model", message)
        if self._rng.random() < 0.5:
            inherited = [client.get(f"{start}/body") for start in self._start.values()]
            client.put(f"{weights}/body", next((b for b in inherited if b), message[::-1]))
        if self._writes_beside:
            client.put(f"{self.spec.out}/notes", message)
        lines = "".join(
            json.dumps({"step": step, "value": self._rng.random()}) + "\n"
            for step in range(self._first_step, self._first_step + self._steps)
        )
        metrics = f"{self.spec.directory}/metrics.jsonl"
        client.put(metrics, (client.get(metrics) or b"") + lines.encode())
        if self._hangs:
            return
        if self._says and not self._fails:
            values = {
                **lab.values_of(self.spec.attempt),
                **reported(str(self.spec.attempt), self.spec.params),
            }
            client.put(f"{self.spec.directory}/result.json", json.dumps(values).encode())
        self._later(self._rng.uniform(0.0, 3.0), self._finish)

    def _begin_checkpoint(self) -> None:
        self._saver.begin()
        self._later(self._rng.choice([0.0, 0.5, 5.0]), self._end_checkpoint)

    def _end_checkpoint(self) -> None:
        self._saver.end()
        self._left -= 1
        if self._left:
            self._later(self._rng.choice([0.0, 1.0, 5.0]), self._begin_checkpoint)

    def _finish(self) -> None:
        if self._leaves:
            weights = self._node.lab.server.find(self._node.below(f"{self.spec.out}/weights/model"))
            if weights is not None:
                self.leftover = weights
                self._node.trace(f"{self.spec.attempt} leaves a process behind")
                self._later(self._rng.uniform(0.0, 5.0), self._write_leftover)
        if self._node.lab.faults.occurs("cancelled as it ends"):
            self._node.lab.inbox.send({"action": "cancel", "trial": self.spec.trial})
        self._end(1 if self._fails else 0)

    def _write_leftover(self) -> None:
        """The leftover process writes into a file that it has open."""
        if self.leftover is not None:
            self._node.trace(f"what {self.spec.attempt} left behind writes into its weights")
            self._node.client.put_into(self.leftover, self.leftover.data + b"and on")
            self._later(self._rng.uniform(0.0, 60.0), self._leave)

    def _leave(self) -> None:
        self.leftover = None
        self._node.serve()

    def _end(self, status: int) -> None:
        if self.status is None:
            self.status = status
            self._node.trace(f"{self.spec.attempt}: process ends with {status}")
            self._wake()

    def _later(self, seconds: float, work: Callable[[], None]) -> None:
        self._node.lab.schedule.after(seconds, lambda: self._now(work), self._node)

    def _now(self, work: Callable[[], None]) -> None:
        """Do the work unless the process is dead. It waits while the store hangs."""
        if self._node.epoch != self._epoch or (self.status is not None and self.leftover is None):
            return
        if self._node.client.hangs:
            self._later(1.0, work)
            return
        try:
            if self._node.lab.server.full and self._node.lab.faults.occurs("full"):
                raise refusal(errno.ENOSPC, self.spec.out)
            work()
        except OSError as error:
            self._node.trace(f"{self.spec.attempt}: process cannot write: {error}")
            self._end(2)
