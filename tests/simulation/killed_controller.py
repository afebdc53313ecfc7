"""A controller for the core alone, on a faulty cluster.

It drives the real core as `controller.engine.loop` does, and may be killed between any two steps.
"""

from collections import Counter, deque

from controller.core import events as e
from controller.core.decisions import Decisions
from controller.core.experiment import Experiment
from controller.core.model import NodeInfo, attempt_name, split_attempt
from controller.dispatch.answers import HELLO, ask_again, events_of, is_unsent
from controller.dispatch.interface import AttemptStatus, End, Probe, Start


class Controller:
    """The loop, one step at a time. Only `journal` survives a kill."""

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
        self.orders = {}  # node -> its orders, in order
        self.answers = []
        self.store_tasks = deque()  # tasks of the store's thread
        self.again = []
        self.unknown = Counter()
        self.announced = False
        x = self.x
        left = list(x.on_nodes), dict(x.commands.verdicts.issued), list(x.commands.checks.issued)
        found = tuple(NodeInfo(name, slots) for name, slots in self.cluster.nodes.items())
        if not self.turn([
            e.Opened(at=self.now, resumed=resumed), e.NodesFound(at=self.now, nodes=found)
        ]):  # fmt: skip
            return self.begin(resumed)
        for trial, number in left[0]:
            node = x.attempt(trial, number).node
            name = attempt_name(trial, number)
            self.store_tasks.append(("check", trial))
            end = x.commands.ends.issued.get((trial, number))
            self.submit(End(name, node, end.how) if end else Probe(name, node))
        self.store_tasks += [("verdict", trial, *asked) for trial, asked in left[1].items()]
        self.store_tasks += [("check", trial) for trial in left[2]]
        for node in x.placement.down:
            self.submit(Probe(HELLO, node))
        return None

    def kill(self):
        self.begin(resumed=True)

    def turn(self, events, mail=()):
        """Apply, decide, journal and act. Return False if killed in between."""
        for event in events:
            self.x.apply(event)
        decided = self.decisions.decide(self.now)
        if self.cluster.fails(0.01):
            return False  # killed before the journal was written
        self.journal += [*events, *decided]
        self.check(self)
        for event in mail:
            self.cluster.mail.remove(event)
        for event in [*events, *decided]:
            if self.cluster.fails(0.003):
                return False  # killed before all was carried out
            self.act(event)
        return True

    def take(self, *events, mail=()):
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
                self.store_tasks.append(("verdict", event.trial, event.state, event.reason))
            case e.CheckAsked():
                self.store_tasks.append(("check", event.trial))
            case e.NodeDown() | e.NodeSetAside():
                self.again.append(Probe(HELLO, event.node))

    def submit(self, order):
        self.orders.setdefault(order.node, deque()).append(order)

    # Steps. Each does at most one action of its kind

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
            if answer.found is AttemptStatus.UNREACHABLE and name == HELLO:
                self.again.append(answer.order)
            self.take(*events_of(answer, attempt, self.now))

    def ask_again(self):
        if self.again:
            self.submit(self.again.pop(self.rng.randrange(len(self.again))))

    def store_task(self):
        if self.store_tasks:
            kind, trial, *verdict = self.store_tasks.popleft()
            if kind == "verdict":
                state, reason = verdict
                asked = e.VerdictSeen(at=self.now, trial=trial, state=state, reason=reason)
                self.take(self.cluster.pass_verdict(asked))
            else:
                seen = self.cluster.verdicts.get(trial)
                if seen is not None:
                    self.take(seen)
                self.take(e.NoVerdict(at=self.now, trial=trial))

    def take_mail(self):
        if self.cluster.mail:
            event = self.rng.choice(self.cluster.mail)
            self.take(event, mail=[event])

    def notice_silence(self):
        """Probe an attempt that has no heartbeat."""
        silent = [
            (trial, number)
            for trial, number in self.x.on_nodes
            if attempt_name(trial, number) not in self.cluster.alive()
        ]
        if silent:
            trial, number = self.rng.choice(silent)
            node = self.x.attempt(trial, number).node
            self.submit(Probe(attempt_name(trial, number), node))

    def propose(self):
        """The tuner answers a request."""
        trial = self.x.asked
        if trial is None:
            return
        if self.cluster.fails(0.2):
            self.announced = self.rng.random() < 0.5
            if self.cluster.fails(0.2):
                self.take(e.TunerReady(at=self.now))  # it arrives before the announcement
            self.take(e.ProposalWithheld(at=self.now, trial=trial, coming=self.announced))
        elif self.cluster.fails(0.01):
            self.take(e.SearchEnded(at=self.now, reason="the tuner broke", error=True))
        else:
            parents = self.rng.sample(range(trial), min(trial, self.rng.choice([0, 1, 1, 2])))
            if self.cluster.fails(0.05):
                parents.append(trial + 3)
            params = {"x": self.rng.random()}
            self.take(e.Proposed(at=self.now, trial=trial, params=params, parents=tuple(parents)))

    def deliver_announced(self):
        """The tuner has the announced proposal, or gives it up."""
        if self.announced and not self.cluster.fails(0.7):
            self.announced = False
            given_up = e.ProposalGivenUp(at=self.now, token=len(self.x.trials), reason="?")
            self.take(*[given_up] * self.cluster.fails(0.5), e.TunerReady(at=self.now))

    def request(self):
        """A user or the assessor makes a request."""
        on_nodes = [trial for trial, _ in self.x.on_nodes]
        trial = self.rng.choice([*on_nodes, self.rng.randrange(len(self.x.trials) + 1)])
        if self.rng.random() < 0.05:
            self.take(e.StopAsked(at=self.now, reason="stopped by a person"))
            return
        self.take(self.rng.choice([
            e.CancelAsked(at=self.now, trial=trial),
            e.RetryAsked(at=self.now, trial=trial),
            e.StopAdvised(at=self.now, trial=trial, reason="hopeless"),
            e.StopAdvised(at=self.now, trial=trial, reason="hopeless"),
        ]))  # fmt: skip

    def pass_time(self):
        self.now += self.rng.choice([0.1, 1.0, 12.0])
        self.take()
