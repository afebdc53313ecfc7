"""The dispatcher that puts attempts on nodes with Ansible."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from controller.config.passed import NOTHING, Passed
from controller.core.model import AttemptState
from controller.dispatch.ansible import runner
from controller.dispatch.ansible.answers import Answer
from controller.dispatch.ansible.inventory import Inventory
from controller.dispatch.ansible.policy import WavePolicy
from controller.dispatch.ansible.sender import WaveSender
from controller.dispatch.interface import EventCallback, Order


class AnsibleDispatcher:
    """Connects the policy and the sender of waves. See `Dispatcher`.

    `work_dir`, on local disk, belongs to the dispatcher. `post` gets events in a thread of the
    dispatcher. `passed` are the variables that attempts get besides those of their specs.
    """

    def __init__(
        self,
        inventory: Inventory,
        work_dir: Path,
        post: EventCallback,
        *,
        experiment: str,
        passed: Passed = NOTHING,
        carry: Callable[[runner.Run], str] = runner.carry,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._post = post
        self._policy = WavePolicy(clock, now)
        self._lock = threading.Lock()  # guards the policy, and keeps its orders in order
        self._answers: queue.SimpleQueue[Sequence[Answer] | None] = queue.SimpleQueue()
        self._sender = WaveSender(
            inventory,
            work_dir,
            self._answers.put,
            experiment=experiment,
            passed=passed,
            carry=carry,
        )
        self._thread = threading.Thread(target=self._run, name="dispatcher", daemon=True)
        self._thread.start()

    @property
    def blocked(self) -> str | None:
        """Why no wave can leave this machine; None while waves leave."""
        return self._policy.blocked

    def submit(self, orders: Sequence[Order]) -> None:
        """Take orders for the next waves. Returns at once."""
        with self._lock:
            self._policy.submit(orders)
            self._sender.submit(self._policy.due())
        self._answers.put(())  # the thread may have to wake up earlier now

    def note(self, attempt: str, state: AttemptState) -> None:
        """Take what the store says about an attempt: RUNNING or ENDED."""
        with self._lock:
            self._policy.note(attempt, state)

    def close(self, timeout: float) -> None:
        """Finish the waves under way, within `timeout` seconds, and drop the orders not sent."""
        self._sender.close(timeout)
        self._answers.put(None)
        self._thread.join()

    def _run(self) -> None:
        answers: Sequence[Answer] | None = ()
        while answers is not None:
            with self._lock:
                events = self._policy.receive(answers)
                self._sender.submit(self._policy.due())
                wait = self._policy.wait()
            if events:
                self._post(events)
            try:
                answers = self._answers.get(timeout=wait)
            except queue.Empty:
                answers = ()
