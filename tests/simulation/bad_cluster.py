"""A cluster on which everything goes wrong that the core must bear. It follows from one seed."""

import random
from collections import Counter
from dataclasses import dataclass, field

from controller.core import events as e
from controller.core.model import Outcome, State, split_attempt
from controller.dispatch.interface import Answer, AttemptStatus, End, Start

FAULTS = 0.3  # share of things that go wrong, in bad weather


@dataclass
class Life:
    """An attempt as it is in truth, whatever the controller believes."""

    node: str
    restore: tuple[int, ...]
    stage: str = "armed"  # then running, over; or dead, without a word
    said: dict | None = None
    asked: str | None = None  # the end that was asked of it


@dataclass
class Cluster:
    """Nodes, store and mailbox. `mail` and `verdicts` are what outlives the controller."""

    rng: random.Random
    nodes: dict[str, int]
    bad: bool = True
    down: set = field(default_factory=set)  # unreachable; what runs there runs on
    lives: dict[str, Life] = field(default_factory=dict)
    early_ends: dict[str, str] = field(default_factory=dict)
    verdicts: dict[int, e.VerdictSeen] = field(default_factory=dict)
    mail: list = field(default_factory=list)
    commits: Counter = field(default_factory=Counter)

    def goes_wrong(self, share=FAULTS):
        return self.bad and self.rng.random() < share

    # The store

    def stand(self, verdict):
        """The rename: whoever comes second finds the first."""
        stands = self.verdicts.setdefault(verdict.trial, verdict)
        if stands is verdict and verdict.state is State.SUCCEEDED:
            self.commits[verdict.trial] += 1
        return stands

    # A node

    def carry(self, order):
        """One order on its node; the answer."""
        node = order.node
        if node in self.down or node not in self.nodes:
            return Answer(order, AttemptStatus.UNREACHABLE, f"{node} does not answer")
        if self.goes_wrong(0.1):
            return Answer(order, AttemptStatus.UNKNOWN, "the wave broke before it left")
        found = self.find(order)
        if self.goes_wrong(0.1):
            return Answer(order, AttemptStatus.UNKNOWN, "the wave broke on its way back")
        return found

    def find(self, order):
        name = order.attempt
        life = self.lives.get(name)
        if isinstance(order, Start) and life is None:
            if self.goes_wrong(0.1):
                return Answer(order, AttemptStatus.REFUSED, "no room in /run")
            life = Life(order.node, tuple(order.spec["restore"]))
            life.asked = self.early_ends.pop(name, None)
            self.lives[name] = life
            return Answer(order, AttemptStatus.STARTED)
        if isinstance(order, End):
            if life is None:
                self.early_ends[name] = order.how
            elif life.stage in ("armed", "running"):
                life.asked = order.how
        if life is None:
            return Answer(order, AttemptStatus.ABSENT)
        if life.stage == "dead":
            return Answer(order, AttemptStatus.DEAD)
        if life.stage == "over":
            return Answer(order, AttemptStatus.ENDED, outcome=life.said)
        return Answer(order, AttemptStatus.RUNNING)

    def move(self, name):
        """Let a living attempt do its next thing."""
        life, (trial, number) = self.lives[name], split_attempt(name)
        if life.asked is not None:
            how, life.asked = life.asked, None
            if how == Outcome.STOPPED:
                ran = life.stage == "running"
                self.commit(name, life, State.STOPPED, "hopeless", ran)
            elif how == Outcome.CANCELLED or life.stage == "armed":
                self.over(name, life, how, "was asked to")
        elif life.stage == "armed":
            self.arm(name, life)
        elif self.goes_wrong(0.7):
            return  # it takes its time
        elif self.goes_wrong(0.3):
            outcome = self.rng.choice([Outcome.FAILED, Outcome.TIMEOUT, Outcome.FULL])
            self.over(name, life, outcome, "exit code 3")
        elif self.goes_wrong():
            self.post(e.Reported(at=0.0, trial=trial, number=number, step=1, value=0.5))
        else:
            self.commit(name, life, State.SUCCEEDED, "", not self.goes_wrong(0.1))

    def arm(self, name, life):
        trial, number = split_attempt(name)
        if any(parent not in self.verdicts for parent in life.restore):
            return
        for parent in life.restore:
            if not self.verdicts[parent].weights:
                self.over(name, life, Outcome.PARENT, f"{parent} left no weights", parent)
                return
            if self.goes_wrong(0.1):
                self.over(name, life, Outcome.CORRUPT, f"digest of {parent}", parent)
                return
        running = [x for x in self.lives.values() if x.node == life.node and x.stage == "running"]
        if trial in self.verdicts:
            self.over(name, life, Outcome.BEATEN, "has its verdict")
        elif len(running) < self.nodes.get(life.node, 1):
            life.stage = "running"
            self.post(e.Began(at=0.0, trial=trial, number=number))

    def commit(self, name, life, state, reason, weights):
        trial, number = split_attempt(name)
        value = self.rng.random() if state is State.SUCCEEDED else None
        stands = self.stand(e.VerdictSeen(
            at=0.0, trial=trial, state=state, reason=reason, number=number, value=value,
            result={"value": value}, weights=weights, size=10,
        ))  # fmt: skip
        mine = Outcome.STOPPED if state is State.STOPPED else Outcome.COMMITTED
        outcome = mine if stands.number == number else Outcome.BEATEN
        self.over(name, life, outcome, reason)
        if not self.goes_wrong():
            self.post(stands)

    def over(self, name, life, outcome, reason, parent=None):
        trial, number = split_attempt(name)
        life.stage = "over"
        life.said = {
            "format": 1, "kind": "ended", "attempt": name, "node": life.node,
            "outcome": str(outcome), "reason": reason, "parent": parent, "seconds": {"running": 1},
        }  # fmt: skip
        self.post(e.Ended(
            at=0.0, trial=trial, number=number, outcome=outcome, reason=reason, parent=parent,
            seconds={"running": 1.0},
        ))  # fmt: skip

    def post(self, event):
        """Mail is lost, comes twice, and comes in any order."""
        for _ in range(self.rng.choice([0, 1, 1, 2]) if self.goes_wrong() else 1):
            self.mail.append(event)

    def alive(self):
        return [name for name, life in self.lives.items() if life.stage in ("armed", "running")]

    def disaster(self):
        """A node is cut off, comes back, loses its supervisors, or restarts."""
        node = self.rng.choice(list(self.nodes))
        kind = self.rng.choice(["cut", "back", "back", "kill", "restart"])
        if kind == "cut":
            self.down.add(node)
        elif kind == "back":
            self.down.discard(node)
        else:
            there = [name for name, life in self.lives.items() if life.node == node]
            for name in there:
                if kind == "restart":
                    del self.lives[name]  # and with it the claim, on tmpfs
                elif self.lives[name].stage != "over":
                    self.lives[name].stage = "dead"
