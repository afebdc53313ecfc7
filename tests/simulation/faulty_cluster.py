"""A simulated cluster for the core alone, with every fault that the core must tolerate.

All of it follows from one seed.
"""

import random
from collections import Counter
from dataclasses import dataclass, field

from controller.core import events as e
from controller.core.model import Outcome, State, split_attempt
from controller.dispatch.ansible.answers import Answer, AttemptStatus
from controller.dispatch.ansible.waves import wire_name
from controller.dispatch.interface import End, Start
from tests.simulation.several_objectives import VALUES

FAULTS = 0.3  # share of actions that fail while faults are enabled


@dataclass
class RealAttempt:
    """The real state of an attempt, which the controller may not know."""

    node: str
    restore: tuple[int, ...]
    stage: str = "armed"  # then running and ended; or dead, without a message
    end_message: dict | None = None
    end_request: str | None = None  # the end that an order requested


@dataclass
class Cluster:
    """Nodes, store and mailbox. `mail` and `verdicts` outlive the controller."""

    rng: random.Random
    nodes: dict[str, int]
    bad: bool = True
    down: set = field(default_factory=set)  # unreachable; attempts there go on
    attempts: dict[str, RealAttempt] = field(default_factory=dict)
    early_ends: dict[str, str] = field(default_factory=dict)
    verdicts: dict[int, e.VerdictSeen] = field(default_factory=dict)
    mail: list = field(default_factory=list)
    commits: Counter = field(default_factory=Counter)
    names: tuple[str, ...] = ()  # of values; empty: one value without a name

    def fails(self, share=FAULTS):
        return self.bad and self.rng.random() < share

    # The store

    def pass_verdict(self, verdict):
        """Rename a verdict onto `trials/N`. Return the verdict that exists there afterwards."""
        existing = self.verdicts.setdefault(verdict.trial, verdict)
        if existing is verdict and verdict.state is State.SUCCEEDED:
            self.commits[verdict.trial] += 1
        return existing

    # A node

    def carry(self, order):
        """Carry out one order on its node and return the answer."""
        node = order.node
        if node in self.down or node not in self.nodes:
            return Answer(order, AttemptStatus.UNREACHABLE, f"{node} does not answer")
        if self.fails(0.1):
            return Answer(order, AttemptStatus.UNKNOWN, "the wave broke before it left")
        found = self.find(order)
        if self.fails(0.1):
            return Answer(order, AttemptStatus.UNKNOWN, "the wave broke on its way back")
        return found

    def find(self, order):
        name = wire_name(order)
        real = self.attempts.get(name)
        if isinstance(order, Start) and real is None:
            if self.fails(0.1):
                return Answer(order, AttemptStatus.REFUSED, "no room in /run")
            real = RealAttempt(order.node, order.spec.restore)
            real.end_request = self.early_ends.pop(name, None)
            self.attempts[name] = real
            return Answer(order, AttemptStatus.STARTED)
        if isinstance(order, End):
            if real is None:
                self.early_ends[name] = order.how
            elif real.stage in ("armed", "running"):
                real.end_request = order.how
        if real is None:
            return Answer(order, AttemptStatus.ABSENT)
        if real.stage == "dead":
            return Answer(order, AttemptStatus.DEAD)
        if real.stage == "ended":
            return Answer(order, AttemptStatus.ENDED, outcome=real.end_message)
        return Answer(order, AttemptStatus.RUNNING)

    def advance(self, name):
        """Let an attempt do its next step."""
        real, (trial, number) = self.attempts[name], split_attempt(name)
        if real.end_request is not None:
            how, real.end_request = real.end_request, None
            if how == Outcome.STOPPED:
                ran = real.stage == "running"
                self.commit(name, real, State.STOPPED, "hopeless", ran)
            elif how == Outcome.CANCELLED or real.stage == "armed":
                self.end(name, real, how, "was asked to")
        elif real.stage == "armed":
            self.arm(name, real)
        elif self.fails(0.7):
            return  # it goes on running
        elif self.fails(0.3):
            outcome = self.rng.choice([Outcome.FAILED, Outcome.TIMEOUT, Outcome.FULL])
            self.end(name, real, outcome, "exit code 3")
        elif self.fails():
            self.send(e.Reported(at=0.0, trial=trial, number=number, step=1, value=0.5))
        else:
            self.commit(name, real, State.SUCCEEDED, "", not self.fails(0.1))

    def arm(self, name, real):
        trial, number = split_attempt(name)
        if any(parent not in self.verdicts for parent in real.restore):
            return
        for parent in real.restore:
            if not self.verdicts[parent].weights:
                self.end(name, real, Outcome.PARENT, f"{parent} left no weights", parent)
                return
            if self.fails(0.1):
                self.end(name, real, Outcome.CORRUPT, f"digest of {parent}", parent)
                return
        running = [
            x for x in self.attempts.values() if x.node == real.node and x.stage == "running"
        ]
        if trial in self.verdicts:
            self.end(name, real, Outcome.BEATEN, "has its verdict")
        elif len(running) < self.nodes.get(real.node, 1):
            real.stage = "running"
            earlier = [n for n in range(1, number) if f"{trial}.{n}" in self.attempts]
            if earlier and self.fails(0.5):
                self.send(
                    e.ContinuedFrom(
                        at=0.0, trial=trial, number=number, source=self.rng.choice(earlier), step=1
                    )
                )
            self.send(e.Began(at=0.0, trial=trial, number=number, gpus=0.5))

    def commit(self, name, real, state, reason, weights):
        trial, number = split_attempt(name)
        value, values = None, None
        if state is State.SUCCEEDED:
            values = {name: float(self.rng.choice(VALUES)) for name in self.names} or None
            value = values[self.names[0]] if values else self.rng.random()
        existing = self.pass_verdict(
            e.VerdictSeen(
                at=0.0,
                trial=trial,
                state=state,
                reason=reason,
                number=number,
                value=value,
                values=values,
                result={"value": value},
                weights=weights,
                size=10,
            )
        )
        mine = Outcome.STOPPED if state is State.STOPPED else Outcome.COMMITTED
        outcome = mine if existing.number == number else Outcome.BEATEN
        self.end(name, real, outcome, reason)
        if not self.fails():
            self.send(existing)

    def end(self, name, real, outcome, reason, parent=None):
        trial, number = split_attempt(name)
        real.stage = "ended"
        left = self.rng.choice([0, 100]) if self.fails(0.5) else 0
        real.end_message = {
            "format": 1,
            "kind": "ended",
            "attempt": name,
            "node": real.node,
            "outcome": str(outcome),
            "reason": reason,
            "parent": parent,
            "seconds": {"running": 1},
            "checkpoints": left,
            "cpu_seconds": 2.0,
            "gpu_share": 0.5,
        }
        self.send(
            e.Ended(
                at=0.0,
                trial=trial,
                number=number,
                outcome=outcome,
                reason=reason,
                parent=parent,
                seconds={"running": 1.0},
                checkpoints=left,
                cpu_seconds=2.0,
                gpus=0.5,
            )
        )

    def send(self, event):
        """Send a message, which may be lost, doubled or reordered."""
        for _ in range(self.rng.choice([0, 1, 1, 2]) if self.fails() else 1):
            self.mail.append(event)

    def alive(self):
        return [name for name, real in self.attempts.items() if real.stage in ("armed", "running")]

    def incident(self):
        """A node becomes unreachable or reachable, loses its supervisors, or restarts."""
        node = self.rng.choice(list(self.nodes))
        kind = self.rng.choice(["cut", "back", "back", "kill", "restart"])
        if kind == "cut":
            self.down.add(node)
        elif kind == "back":
            self.down.discard(node)
        else:
            there = [name for name, real in self.attempts.items() if real.node == node]
            for name in there:
                if kind == "restart":
                    del self.attempts[name]  # with its claim, which is on tmpfs
                elif self.attempts[name].stage != "ended":
                    self.attempts[name].stage = "dead"
