"""The controller upon a bad cluster.

It does with the real core what `controller.engine.loop` does, and is killed between any two of
its steps.
"""

from collections import Counter, deque

from controller.core import events as e
from controller.core.decisions import Decisions
from controller.core.experiment import Experiment
from controller.core.model import NodeInfo, attempt_name, split_attempt
from controller.dispatch.answers import HELLO, ask_again, events_of, is_unsent
from controller.dispatch.interface import AttemptStatus, End, Probe, Start


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
        left = list(x.on_nodes), dict(x.commands.verdicts.issued), list(x.commands.checks.issued)
        found = tuple(NodeInfo(name, slots) for name, slots in self.cluster.nodes.items())
        if not self.turn([
            e.Opened(at=self.now, resumed=resumed), e.NodesFound(at=self.now, nodes=found)
        ]):  # fmt: skip
            return self.begin(resumed)
        for trial, number in left[0]:
            node = x.attempt(trial, number).node
            name = attempt_name(trial, number)
            self.errands.append(("look", trial))
            end = x.commands.ends.issued.get((trial, number))
            self.submit(End(name, node, end.how) if end else Probe(name, node))
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
            case e.CheckAsked():
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
            if answer.found is AttemptStatus.UNREACHABLE and name == HELLO:
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
            given_up = e.ProposalGivenUp(at=self.now, token=len(self.x.trials), reason="?")
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
