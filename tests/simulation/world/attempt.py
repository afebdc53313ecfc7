"""The real supervisor of one attempt, on a simulated node."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from heirloom.node.limits.enforcement import Enforcement
from heirloom.node.reporting import USAGE, Reporter
from heirloom.node.slots import Slot
from heirloom.node.spec import Spec
from heirloom.node.supervisor import Supervisor
from heirloom.node.waiting.checkpoint import AttemptCheckpoints
from heirloom.node.waiting.end_requests import EndRequestPoller
from heirloom.node.waiting.verdict_waiter import VerdictWaiter
from tests.simulation.world.schedule import Actor, Killed

if TYPE_CHECKING:
    from tests.simulation.world.node import Node

_WAKEUP = 0  # the descriptor of the wakeup; that of the process is 1


class SimulatedSupervisor(Supervisor):
    """The real supervisor. Only local disk, clock and processes are simulated."""

    actor: Actor

    def __init__(self, node: Node, spec: Spec) -> None:
        self._node = node
        self._files = node.client
        self._spec = spec
        self._limits = Enforcement()
        self._slots = node.slots_taken()
        self._claims = cast("Any", _Claims(node))
        self._wakeups: Any = _Wakeups(node)
        self._poller = _EndRequestPoller(self)
        self._waiter: Any = cast("Any", _Waiter(self, node, spec))
        self._reporter = Reporter(self._files, spec, self._claims, self._waiter)
        self._checkpoints = _Checkpoints(self)
        self._continued = None
        self._seconds = {}
        self._node_dir = ""
        self._usage = dict.fromkeys(USAGE)
        self._threads = None  # nothing is recorded of its environment
        self._started_at = None
        self._verified_at = {}

    @property
    def spec(self) -> Spec:
        """The attempt's spec."""
        return self._spec

    @property
    def has_run(self) -> bool:
        """Whether it has started a process."""
        return self._started_at is not None

    @property
    def will_check(self) -> bool:
        """Whether it waits for a slot, after which it checks its parents once more."""
        parents = set(self._spec.restore)
        return self in self._node.line and bool(parents) and parents == set(self._stale_parents())

    def notify(self) -> None:
        """Wake it, as a write to its FIFO does."""
        self._waiter.notified = True
        self.actor.wake()

    def nudge(self) -> None:
        """Wake it for another reason."""
        self.actor.wake()

    def run(self) -> None:
        super().run()
        self._node.trace(f"supervisor of {self._spec.attempt} has ended")

    def _write_json(self, name: str, value: Mapping[str, Any]) -> None:
        self._node.client.ask()
        self._node.client.put(f"{self._spec.directory}/{name}", json.dumps(value).encode())

    def _verdict_waiter(self) -> VerdictWaiter:
        return _VerdictWaiter(self)

    def _take_slots(self) -> tuple[list[Slot], list[int]]:
        """Take slots in the order of arrival, as the gate of `heirloom.node.slots` ensures."""
        line = self._node.line
        line.append(self)
        try:
            while line[0] is not self or self._node.free() < 1:
                self._pause(None)
        finally:
            if self in line:
                line.remove(self)
        self._node.lab.rules.slot_taken(self._spec.attempt)
        return list(self._slots), []

    def _free_slots(self, fds: Sequence[int]) -> None:
        self._node.serve()

    def _start_process(self, taken: Sequence[Slot], fds: Sequence[int]) -> Any:
        self._node.lab.rules.process_starts(self._spec)
        self._node.lab.checkpoint_rules.process_starts(self._spec, self._continued)
        self._started_at = self._waiter.now()
        first_step = 0 if self._continued is None else self._continued.step + 1
        return self._node.run(self._spec, self._process_ended, first_step)

    def _process_ended(self) -> None:
        self._waiter.changed = True
        self.actor.wake()

    def _check_alive(self) -> None:
        if self.actor.dead:
            raise Killed


class _Claims:
    """See `heirloom.node.claims`."""

    directory = "/run/heirloom/simulated"

    def __init__(self, node: Node) -> None:
        self._node = node

    def record_end(self, attempt: str, message: Mapping[str, Any]) -> None:
        claim = self._node.claims.get(attempt)
        if claim is None or claim.actor.dead:
            raise Killed
        if claim.supervisor.has_run:
            self._node.lab.rules.attempt_reports(attempt, message["outcome"])
        claim.end_message = json.loads(json.dumps(message))
        self._node.ends.pop(attempt, None)

    def request_end(self, attempt: str, how: str, reason: str) -> None:
        self._node.ends[attempt] = how, reason

    def end_request(self, attempt: str) -> tuple[str, str] | None:
        return self._node.ends.get(attempt)


class _Wakeups:
    """See `heirloom.node.waiting.wakeups`."""

    def __init__(self, node: Node) -> None:
        self._node = node

    def remove(self, attempt: str) -> None:
        pass

    def attempts(self) -> list[str]:
        return sorted(self._node.alive())

    def notify(self, attempt: str) -> bool:
        return self._node.notify(attempt)

    def subscribe(self, attempt: str, trial: int) -> None:
        waiting = self._node.waits.setdefault(trial, [])
        if attempt not in waiting:
            waiting.append(attempt)

    def unsubscribe(self, attempt: str, trial: int) -> None:
        waiting = self._node.waits.get(trial, [])
        if attempt in waiting:
            waiting.remove(attempt)
        if not waiting:
            self._node.waits.pop(trial, None)

    def subscribed_trials(self) -> list[int]:
        return sorted(self._node.waits)

    def notify_subscribers(self, trial: int) -> None:
        for attempt in list(self._node.waits.get(trial, ())):
            if not self._node.notify(attempt):
                self.unsubscribe(attempt, trial)

    def notify_other(self, attempt: str) -> None:
        for trial in self.subscribed_trials():
            for other in list(self._node.waits.get(trial, ())):
                if other != attempt:
                    if self._node.notify(other):
                        return
                    self.unsubscribe(other, trial)


class _Waiter:
    """See `heirloom.node.waiting.heartbeat`."""

    wakeup = _WAKEUP

    def __init__(self, supervisor: SimulatedSupervisor, node: Node, spec: Spec) -> None:
        self.notified = self.changed = False
        self._supervisor, self._node, self._spec = supervisor, node, spec
        self._beats = 0
        self._next = 0.0

    def now(self) -> float:
        return self._node.lab.schedule.now

    def wait(self, timeout: float | None, *fds: int) -> set[int]:
        poller = self._supervisor._poller
        due = max(0.0, min(self._next, poller.due) - self.now())
        if not (self.notified or self.changed):
            self._supervisor.actor.sleep(due if timeout is None else min(timeout, due))
        if self.notified:
            poller.due = self.now()
        ready = {number for number, is_set in ((0, self.notified), (1, self.changed)) if is_set}
        self.notified = self.changed = False
        self.beat()
        return ready

    def beat(self) -> None:
        if self.now() >= self._next:
            self._write()
        self._supervisor._poller.poll(self.now())

    def _write(self) -> None:
        self._next = self.now() + self._spec.heartbeat
        self._beats += 1
        try:
            self._node.client.ask()
            self._node.client.put(f"{self._spec.directory}/heartbeat", b"%d" % self._beats)
        except OSError:
            pass


class _Checkpoints(AttemptCheckpoints):
    """The real checkpoints. Copies and the files beside are those of the node's client."""

    def __init__(self, supervisor: SimulatedSupervisor) -> None:
        self._client = supervisor._node.client
        waiter = supervisor._waiter
        super().__init__(self._client, supervisor._spec, supervisor._pause, waiter.beat)

    def _copy(self, source: str, target: str) -> None:
        self._client.copy(source, target)

    def _append(self, name: str, line: str) -> None:
        if name == "metrics.jsonl":  # a log says nothing to a rule
            self._client.ask()
            self._client.put(f"{self._spec.directory}/{name}", f"{line}\n".encode())


class _EndRequestPoller(EndRequestPoller):
    """The real poller. Its lock is an attribute of the node."""

    def __init__(self, supervisor: SimulatedSupervisor) -> None:
        self._supervisor, self._node = supervisor, supervisor._node
        spec, now = supervisor._spec, self._node.lab.schedule.now
        claims, wakeups = supervisor._claims, supervisor._wakeups
        super().__init__(self._node.client, spec.root, claims, wakeups, spec.attempt, now)

    def close(self) -> None:
        self._supervisor._check_alive()
        super().close()

    def _try_lock(self) -> int | None:
        held = self._node.end_poller
        if held is not None and not (held.dead or held.over):
            return None
        self._node.end_poller = self._supervisor.actor
        return 0

    def _unlock(self, lock: int) -> None:
        if self._node.end_poller is self._supervisor.actor:
            self._node.end_poller = None


class _VerdictWaiter(VerdictWaiter):
    """The real waiter. The poller's lock is an attribute of the node."""

    def __init__(self, supervisor: SimulatedSupervisor) -> None:
        spec, node = supervisor._spec, supervisor._node
        directory, wakeups = _Claims.directory, supervisor._wakeups
        super().__init__(node.client, spec.root, directory, wakeups, spec.attempt)
        self._supervisor, self._node = supervisor, node

    def wait_for_first(self, trials: Any, pause: Any) -> int:
        try:
            return super().wait_for_first(trials, pause)
        finally:
            self._supervisor._check_alive()  # a dead supervisor does no cleanup; the node did it

    def _try_become_poller(self) -> int | None:
        held = self._node.poller
        if held is not None and not (held.dead or held.over):
            return None
        self._node.poller = self._supervisor.actor
        return 0

    def _stop_polling(self, poller: int) -> None:
        if self._node.poller is self._supervisor.actor:
            self._node.poller = None
