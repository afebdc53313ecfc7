"""A node: claims, slots and wakeups on its local disk, and its supervisors."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from heirloom.node.slots import Slot
from heirloom.node.spec import Spec
from tests.simulation.world.attempt import SimulatedSupervisor
from tests.simulation.world.client import Client
from tests.simulation.world.schedule import Actor, Host
from tests.simulation.world.trial import TrialProcess

if TYPE_CHECKING:
    from tests.simulation.world.lab import Lab


@dataclass
class Claim:
    """An attempt on its node. `end_message`: its supervisor's message at the end."""

    actor: Actor
    supervisor: SimulatedSupervisor
    end_message: Mapping[str, Any] | None = None

    @property
    def is_held(self) -> bool:
        """Whether its supervisor runs."""
        return not (self.actor.dead or self.actor.over)


class Node(Host):
    """Answers orders as `heirloom.node.attempts` does."""

    def __init__(self, lab: Lab, name: str, slots: int) -> None:
        super().__init__(name)
        self.lab = lab
        self.slots = slots
        self.client = Client(
            lab.schedule, lab.server, self, lab.faults, soft=lab.rng.random() < 0.3
        )
        self.down = False  # powered off
        self.epoch = 0  # the number of boots
        self.claims: dict[str, Claim] = {}
        self.ends: dict[str, tuple[str, str]] = {}
        self.waits: dict[int, list[str]] = {}
        self.poller: Actor | None = None
        self.end_poller: Actor | None = None
        self.line: list[SimulatedSupervisor] = []  # armed attempts that want a slot
        self.processes: dict[str, TrialProcess] = {}

    @property
    def is_reachable(self) -> bool:
        """Whether SSH connects."""
        return not (self.down or self.frozen or self.client.cut)

    def trace(self, what: str) -> None:
        """Write a line of the trace."""
        self.lab.trace.write(self.name, what)

    def below(self, path: str) -> str:
        """The path relative to the server's root."""
        return path[len(self.lab.server.path) + 1 :]

    # Calls of the Ansible module

    def end(self, attempt: str, how: str, reason: str) -> dict[str, Any]:
        """See `heirloom.node.attempts.end`."""
        answer = self.probe(attempt)
        if answer["found"] in ("running", "absent"):
            self.ends[attempt] = how, reason
            self.notify(attempt)
        return answer

    def start(self, spec_fields: Mapping[str, Any]) -> dict[str, Any]:
        """See `heirloom.node.attempts.start`. The spec travels as JSON."""
        spec = Spec.from_dict(json.loads(json.dumps(spec_fields)))
        if spec.attempt in self.claims:
            return self.probe(spec.attempt)
        if self.lab.faults.occurs("start refused"):
            return _answer(spec.attempt, "refused", "no room in /run")
        self.lab.rules.attempt_starts(spec)
        self.trace(f"supervisor of {spec.attempt} starts, parents {list(spec.restore)}")
        supervisor = SimulatedSupervisor(self, spec)
        actor = Actor(self.lab.schedule, self, spec.attempt, supervisor.run)
        supervisor.actor = actor
        self.claims[spec.attempt] = Claim(actor, supervisor)
        return _answer(spec.attempt, "started")

    def probe(self, attempt: str) -> dict[str, Any]:
        """See `heirloom.node.attempts.probe`."""
        claim = self.claims.get(attempt)
        if claim is None:
            return _answer(attempt, "absent")
        if claim.end_message is not None:
            return _answer(attempt, "ended", outcome=claim.end_message)
        if claim.is_held:
            return _answer(attempt, "running")
        process = self.processes.get(attempt)
        if process is not None:  # heirloom.node.process.orphans
            process.kill()
            self.serve()
        return _answer(attempt, "dead", "its supervisor died without reporting an end")

    # Wakeups, slots and processes

    def notify(self, attempt: str) -> bool:
        """Wake a supervisor. Return whether there is one."""
        claim = self.claims.get(attempt)
        if claim is None or not claim.is_held:
            return False
        claim.supervisor.notify()
        return True

    def free(self) -> int:
        """The number of free slots."""
        return self.slots - sum(process.handle(set()) for process in self.processes.values())

    def serve(self) -> None:
        """Wake the next supervisor in line if a slot may be free."""
        if self.line:
            self.line[0].nudge()

    def run(self, spec: Spec, wake: Callable[[], None], first_step: int) -> TrialProcess:
        """Start a trial's process."""
        self.trace(f"{spec.attempt}: process starts")
        process = self.processes[spec.attempt] = TrialProcess(self, spec, wake, first_step)
        return process

    def slots_taken(self) -> Sequence[Slot]:
        """The slots that a trial gets. Their numbers do not matter here."""
        return [Slot("0")]

    # Faults

    def kill_supervisor(self, attempt: str) -> None:
        """kill -9: the trial's process ends with it, but not what that left behind."""
        claim = self.claims[attempt]
        self.trace(f"supervisor of {attempt} is killed")
        claim.actor.kill()
        if attempt in self.processes:
            self.processes[attempt].kill(rest=False)
        self._leave(claim)

    def lose_power(self) -> None:
        """Lose all processes and the run directory. The node stays off until `boot`."""
        self.trace("loses power")
        self.down, self.frozen = True, False
        self.held.clear()
        self.epoch += 1
        for claim in self.claims.values():
            claim.actor.kill()
        for process in self.processes.values():
            process.kill()
        self.claims.clear()
        self.ends.clear()
        self.waits.clear()
        self.line.clear()
        self.processes.clear()
        self.poller = self.end_poller = None
        self.client.forget()

    def boot(self) -> None:
        """Power on."""
        self.down = False
        self.trace("boots")

    def alive(self) -> list[str]:
        """The attempts whose supervisors run."""
        return [name for name, claim in self.claims.items() if claim.is_held]

    def _leave(self, claim: Claim) -> None:
        if claim.supervisor in self.line:
            self.line.remove(claim.supervisor)
        if self.poller is claim.actor:
            self.poller = None
        if self.end_poller is claim.actor:
            self.end_poller = None
        self.serve()


def _answer(
    attempt: str, found: str, reason: str = "", outcome: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    return {"attempt": attempt, "found": found, "reason": reason, "outcome": outcome}
