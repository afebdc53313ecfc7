"""A cluster on which everything goes wrong that the core must bear, and a controller upon it.

The controller does with the real core what `controller.loop` does, and is killed between any two of
its steps. All of it follows from one seed.
"""

import random
from collections import Counter, deque
from dataclasses import dataclass, field

from controller.core import events as e
from controller.core.decisions import Decisions
from controller.core.experiment import Experiment
from controller.core.model import NodeInfo, Outcome, State, attempt_name, split_attempt
from controller.dispatch.answers import HELLO, ask_again, events_of, is_unsent
from controller.dispatch.interface import Answer, End, Found, Probe, Start

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
            return Answer(order, Found.UNREACHABLE, f"{node} does not answer")
        if self.goes_wrong(0.1):
            return Answer(order, Found.UNKNOWN, "the wave broke before it left")
        found = self.find(order)
        if self.goes_wrong(0.1):
            return Answer(order, Found.UNKNOWN, "the wave broke on its way back")
        return found

    def find(self, order):
        name = order.attempt
        life = self.lives.get(name)
        if isinstance(order, Start) and life is None:
            if self.goes_wrong(0.1):
                return Answer(order, Found.REFUSED, "no room in /run")
            life = Life(order.node, tuple(order.spec["restore"]))
            life.asked = self.early_ends.pop(name, None)
            self.lives[name] = life
            return Answer(order, Found.STARTED)
        if isinstance(order, End):
            if life is None:
                self.early_ends[name] = order.how
            elif life.stage in ("armed", "running"):
                life.asked = order.how
        if life is None:
            return Answer(order, Found.ABSENT)
        if life.stage == "dead":
            return Answer(order, Found.DEAD)
        if life.stage == "over":
            return Answer(order, Found.ENDED, outcome=life.said)
        return Answer(order, Found.RUNNING)

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


class Controller:
    """What the loop does, one step at a time. `journal` is all that a kill leaves of it."""

    def __init__(self, rules, cluster, check):
        self.rules, self.cluster, self.rng, self.check = rules, cluster, cluster.rng, check
        self.journal = []
        self.now = 1000.0
        self.begin()

    def begin(self, resumed=False):
        self.x = Experiment(self.rules)
        for event in self.journal:
            self.x.apply(event)
        self.decisions = Decisions(self.x)
        self.orders = {}  # node -> orders, in their order
        self.answers = []
        self.errands = deque()  # of the store's thread
        self.again = []
        self.unknown = Counter()
        self.promised = False
        x = self.x
        left = list(x.on_nodes), dict(x.verdicts_asked), list(x.looking)
        found = tuple(NodeInfo(name, slots) for name, slots in self.cluster.nodes.items())
        if not self.turn([
            e.Opened(at=self.now, resumed=resumed), e.NodesFound(at=self.now, nodes=found)
        ]):  # fmt: skip
            return self.begin(resumed)
        for trial, number in left[0]:
            attempt = x.attempt(trial, number)
            name = attempt_name(trial, number)
            self.errands.append(("look", trial))
            how = attempt.stopping
            self.submit(End(name, attempt.node, how) if how else Probe(name, attempt.node))
        self.errands += [("verdict", trial, *asked) for trial, asked in left[1].items()]
        self.errands += [("look", trial) for trial in left[2]]
        for node in x.placement.down:
            self.submit(Probe(HELLO, node))
        return None

    def kill(self):
        self.begin(resumed=True)

    def turn(self, events, mail=()):
        """Apply, decide, journal, act. False: killed in the middle."""
        for event in events:
            self.x.apply(event)
        decided = self.decisions.decide(self.now)
        if self.cluster.goes_wrong(0.01):
            return False  # before the journal has it
        self.journal += [*events, *decided]
        self.check(self)
        for event in mail:
            self.cluster.mail.remove(event)
        for event in [*events, *decided]:
            if self.cluster.goes_wrong(0.003):
                return False  # before all of it is done
            self.act(event)
        return True

    def tell(self, *events, mail=()):
        if not self.turn(list(events), mail):
            self.kill()

    def act(self, event):
        match event:
            case e.Placed():
                name = attempt_name(event.trial, event.number)
                self.submit(Start(name, event.node, {"restore": event.restore}))
            case e.EndAsked():
                name = attempt_name(event.trial, event.number)
                node = self.x.attempt(event.trial, event.number).node
                self.submit(End(name, node, event.how, event.reason))
            case e.VerdictAsked():
                self.errands.append(("verdict", event.trial, event.state, event.reason))
            case e.LookAsked():
                self.errands.append(("look", event.trial))
            case e.NodeDown() | e.NodeSetAside():
                self.again.append(Probe(HELLO, event.node))

    def submit(self, order):
        self.orders.setdefault(order.node, deque()).append(order)

    # Steps: each does one thing of its kind, if there is one to do

    def wave(self):
        nodes = [node for node, orders in self.orders.items() if orders]
        if nodes:
            order = self.orders[self.rng.choice(nodes)].popleft()
            self.answers.append(self.cluster.carry(order))

    def answer(self):
        if self.answers:
            answer = self.answers.pop(self.rng.randrange(len(self.answers)))
            name = answer.order.attempt
            attempt = None if name == HELLO else self.x.attempt(*split_attempt(name))
            again = ask_again(answer, attempt)
            if again is not None:
                self.unknown[name, answer.order.node] += 1
                self.again.append(again)
            elif is_unsent(answer, attempt):
                spec = {"restore": attempt.restore}
                self.again.append(Start(name, answer.order.node, spec))
            if answer.found is Found.UNREACHABLE and name == HELLO:
                self.again.append(answer.order)
            self.tell(*events_of(answer, attempt, self.now))

    def ask_again(self):
        if self.again:
            self.submit(self.again.pop(self.rng.randrange(len(self.again))))

    def errand(self):
        if self.errands:
            kind, trial, *verdict = self.errands.popleft()
            if kind == "verdict":
                state, reason = verdict
                asked = e.VerdictSeen(at=self.now, trial=trial, state=state, reason=reason)
                self.tell(self.cluster.stand(asked))
            else:
                seen = self.cluster.verdicts.get(trial)
                if seen is not None:
                    self.tell(seen)
                self.tell(e.NoVerdict(at=self.now, trial=trial))

    def take_mail(self):
        if self.cluster.mail:
            event = self.rng.choice(self.cluster.mail)
            self.tell(event, mail=[event])

    def notice_silence(self):
        """An attempt without a heartbeat is asked for."""
        silent = [
            (trial, number)
            for trial, number in self.x.on_nodes
            if attempt_name(trial, number) not in self.cluster.alive()
        ]
        if silent:
            trial, number = self.rng.choice(silent)
            node = self.x.attempt(trial, number).node
            self.submit(Probe(attempt_name(trial, number), node))

    def think(self):
        """The tuner answers."""
        trial = self.x.asked
        if trial is None:
            return
        if self.cluster.goes_wrong(0.2):
            self.promised = self.rng.random() < 0.5
            if self.cluster.goes_wrong(0.2):
                self.tell(e.TunerReady(at=self.now))  # it overtakes
            self.tell(e.ProposalWithheld(at=self.now, trial=trial, coming=self.promised))
        elif self.cluster.goes_wrong(0.01):
            self.tell(e.SearchEnded(at=self.now, reason="the tuner broke", error=True))
        else:
            parents = self.rng.sample(range(trial), min(trial, self.rng.choice([0, 1, 1, 2])))
            if self.cluster.goes_wrong(0.05):
                parents.append(trial + 3)
            params = {"x": self.rng.random()}
            self.tell(e.Proposed(at=self.now, trial=trial, params=params, parents=tuple(parents)))

    def keep_promise(self):
        """A tuner whose proposal was coming has it, or gives it up."""
        if self.promised and not self.cluster.goes_wrong(0.7):
            self.promised = False
            given_up = e.ProposalGivenUp(at=self.now, parameter_id=len(self.x.trials), reason="?")
            self.tell(*[given_up] * self.cluster.goes_wrong(0.5), e.TunerReady(at=self.now))

    def wish(self):
        """A person, or the assessor, wants something."""
        on_nodes = [trial for trial, _ in self.x.on_nodes]
        trial = self.rng.choice([*on_nodes, self.rng.randrange(len(self.x.trials) + 1)])
        if self.rng.random() < 0.05:
            self.tell(e.StopAsked(at=self.now, reason="stopped by a person"))
            return
        self.tell(self.rng.choice([
            e.CancelAsked(at=self.now, trial=trial),
            e.RetryAsked(at=self.now, trial=trial),
            e.StopAdvised(at=self.now, trial=trial, reason="hopeless"),
            e.StopAdvised(at=self.now, trial=trial, reason="hopeless"),
        ]))  # fmt: skip

    def pass_time(self):
        self.now += self.rng.choice([0.1, 1.0, 12.0])
        self.tell()
