"""A controller for the core alone, on a faulty cluster.

The core, the actions and the dispatcher's policy are the real ones. The controller may be killed
between any two steps.
"""

from collections import deque
from concurrent.futures import Future
from typing import Any, cast

from controller.core import events as e
from controller.core.decisions import Decisions
from controller.core.experiment import Experiment
from controller.core.model import NodeInfo, attempt_name
from controller.dispatch.ansible.policy import WavePolicy
from controller.engine.actions import Actions
from heirloom.node.spec import Spec
from tests.simulation.world.candidates import is_candidate, marked


class Tuner:
    """The controller's step `propose` answers requests; questions about parents are queued."""

    def __init__(self, tasks):
        self.tasks = tasks

    def propose(self, trial, room=1): ...

    def observe(self, result): ...

    def conclude(self):
        self.tasks.append(("conclude",))

    def report(self, trial, number, reports): ...

    def continued(self, trial, number, source, step): ...

    def may_be_parent(self, trials):
        answer = Future()
        self.tasks.append(("parents", trials, answer))
        return answer


class Store:
    """Queues the tasks of the store's thread."""

    def __init__(self, tasks):
        self.tasks = tasks

    def monitor(self, trial, number, reports_known=0): ...

    def stop_monitoring(self, trial, number): ...

    def request_end(self, trial, number, how, reason): ...

    def pass_verdict(self, trial, state, reason):
        self.tasks.append(("verdict", trial, state, reason))

    def read_verdict(self, trial):
        self.tasks.append(("check", trial))

    def remove(self, trials, attempts):
        self.tasks.append(("remove", trials, attempts))

    def remove_checkpoints(self, attempts):
        self.tasks.append(("remove_checkpoints", attempts))


class Specs:
    def of(self, trial, number, node_name):
        return Spec(
            attempt=attempt_name(trial.id, number),
            experiment="x",
            root="/x",
            node=node_name,
            command="true",
            runtime="r",
            params={},
            restore=trial.attempts[number - 1].restore,
        )


class Controller:
    """The loop, one step at a time, and its dispatcher. Only `journal` survives a kill."""

    blocked = None

    def __init__(self, rules, cluster, check):
        self.rules, self.cluster, self.rng, self.check = rules, cluster, cluster.rng, check
        self.journal = []
        self.concludes = cluster.rng.random() < 0.3
        self.now = 1000.0
        self.begin()

    def begin(self, resumed=False):
        self.x = Experiment(self.rules)
        for event in self.journal:
            self.x.apply(event)
        self.decisions = Decisions(self.x)
        self.policy = WavePolicy(lambda: self.now, lambda: self.now)
        self.posted = []
        self.store_tasks = deque()  # tasks of the store's thread
        self.actions = Actions(
            self.x,
            tuner=Tuner(self.store_tasks),
            store=Store(self.store_tasks),
            dispatcher=cast("Any", self),
            specs=Specs(),
            post=self.posted.extend,
            now=lambda: self.now,
        )
        self.orders = {}  # node -> its orders, in order
        self.answers = []
        self.announced = False
        left = list(self.x.on_nodes)
        found = tuple(NodeInfo(name, slots) for name, slots in self.cluster.nodes.items())
        if not self.turn(
            [
                e.Opened(at=self.now, resumed=resumed),
                e.NodesFound(at=self.now, nodes=found),
                *[e.TunerDeclared(at=self.now, concludes=True)] * self.concludes,
            ]
        ):
            return self.begin(resumed)
        self.actions.resume(left)
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
            self.actions.carry_out([event])
        return True

    def take(self, *events, mail=()):
        if not self.turn(list(events), mail):
            self.kill()

    def end_pause(self):
        """In a pause the user lets the search go on, or resumes it once nothing runs."""
        if self.x.paused is None:
            return
        if self.rng.random() < 0.1:
            self.take(e.Continued(at=self.now))
        elif self.x.is_at_rest:
            self.kill()

    # The dispatcher

    def submit(self, orders):
        self.policy.submit(orders)
        self.send_due()

    def note(self, attempt, state):
        self.policy.note(attempt, state)

    # Steps. Each does at most one action of its kind

    def wave(self):
        nodes = [node for node, orders in self.orders.items() if orders]
        if nodes:
            order = self.orders[self.rng.choice(nodes)].popleft()
            self.answers.append(self.cluster.carry(order))

    def answer(self):
        if self.answers:
            answer = self.answers.pop(self.rng.randrange(len(self.answers)))
            events = self.policy.receive([answer])
            self.send_due()
            self.take(*events)

    def send_due(self):
        for order in self.policy.due():
            self.orders.setdefault(order.node, deque()).append(order)

    def store_task(self):
        if self.store_tasks:
            kind, *details = self.store_tasks.popleft()
            getattr(self, f"do_{kind}")(*details)

    def do_verdict(self, trial, state, reason):
        asked = e.VerdictSeen(at=self.now, trial=trial, state=state, reason=reason)
        self.take(self.cluster.pass_verdict(asked))

    def do_check(self, trial):
        none = e.NoVerdict(at=self.now, trial=trial)
        self.take(self.cluster.verdicts.get(trial, none))

    def do_parents(self, trials, answer):
        answer.set_result({trial: self.may_name(trial) for trial in trials})
        events = self.posted[:]
        self.posted.clear()
        self.take(*events)

    def do_conclude(self):
        last = e.LastTrial({"x": self.rng.random()})
        self.take(e.Concluded(at=self.now, trials=(last,) * self.rng.randrange(3)))

    def may_name(self, trial):
        return True

    def do_remove(self, trials, attempts):
        self.take(e.Removed(at=self.now, trials=trials, attempts=attempts, size=1))

    def do_remove_checkpoints(self, attempts):
        self.take(e.CheckpointsRemoved(at=self.now, attempts=attempts))

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
            self.actions.carry_out([], silent=[(trial, number)])

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
            self.take(self.proposed(trial, parents))

    def proposed(self, trial, parents):
        """A proposal, of a trial that is no candidate now and then."""
        params = {"x": self.rng.random()}
        if self.rng.random() < 0.2:
            params = marked(params)
        return e.Proposed(
            at=self.now,
            trial=trial,
            params=params,
            parents=tuple(parents),
            candidate=is_candidate(params),
        )

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
        self.take(
            self.rng.choice(
                [
                    e.CancelAsked(at=self.now, trial=trial),
                    e.RetryAsked(at=self.now, trial=trial),
                    e.StopAdvised(at=self.now, trial=trial, reason="hopeless"),
                    e.StopAdvised(at=self.now, trial=trial, reason="hopeless"),
                ]
            )
        )

    def pass_time(self):
        self.now += self.rng.choice([0.1, 1.0, 12.0])
        self.send_due()
        self.take()
