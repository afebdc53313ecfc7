"""Drive a core step by step: events in, decisions out."""

from typing import Any

from controller.core import events as e
from controller.core.decisions import Decisions
from controller.core.experiment import Experiment
from controller.core.model import NodeInfo, Outcome, Rules, State


class Drive:
    """An experiment on nodes `{name: slots}`. Tuner and nodes answer when the test calls."""

    free: int | None = None  # free bytes on the store, None: not known

    def __init__(self, nodes=None, **rules):
        self.x: Any = Experiment(Rules(**{"trials": 100, **rules}))
        self.decisions = Decisions(self.x)
        self.now = 1000.0
        self.log = []
        self.decided = []
        found = tuple(NodeInfo(name, slots) for name, slots in (nodes or {"a": 2}).items())
        self.apply(e.Opened(at=self.now), e.NodesFound(at=self.now, nodes=found))

    def apply(self, *events):
        """Apply events and return the decisions that follow, without the controller's sign of life.

        The log has all of them.
        """
        for event in events:
            self.x.apply(event)
        made = self.decisions.decide(self.now, self.free)
        self.log += [*events, *made]
        self.decided = [event for event in made if not isinstance(event, e.ControllerAlive)]
        return self.decided

    def wait(self, seconds):
        self.now += seconds
        return self.apply()

    def event(self, kind, **fields):
        return self.apply(kind(at=self.now, **fields))

    # The tuner

    def propose(self, *parents, **params):
        """The tuner proposes a trial. Return its id."""
        trial = self.x.asked
        assert trial is not None, "no proposal was requested"
        self.event(e.Proposed, trial=trial, params=params, parents=parents)
        return trial

    def withhold(self, *, coming=False):
        return self.event(e.ProposalWithheld, trial=self.x.asked, coming=coming)

    # The cluster

    def arm(self, trial, number=1):
        return self.event(e.Armed, trial=trial, number=number)

    def begin(self, trial, number=1):
        return self.event(e.Began, trial=trial, number=number)

    def end(self, trial, outcome, number=1, **more):
        return self.event(e.Ended, trial=trial, number=number, outcome=Outcome(outcome), **more)

    def see(self, trial, state, number=None, **more):
        more = {"weights": True, "value": 1.0, **more} if state == "succeeded" else more
        return self.event(e.VerdictSeen, trial=trial, state=State(state), number=number, **more)

    def commit(self, trial, number=1, **more):
        """The events of a successful attempt: began, ended and its verdict."""
        self.begin(trial, number)
        at = {"at": self.now, "trial": trial}
        more = {"weights": True, "value": 1.0, **more}
        return self.apply(
            e.Ended(number=number, outcome=Outcome.COMMITTED, **at),
            e.VerdictSeen(number=number, state=State.SUCCEEDED, **more, **at),
        )

    def carry_out(self):
        """Carry out what was issued: verdicts are passed, and checks find none."""
        verdicts, checks = self.x.commands.verdicts.issued, self.x.commands.checks.issued
        while verdicts or checks:
            for trial, (state, reason) in list(verdicts.items()):
                self.see(trial, state, reason=reason)
            for trial in list(checks):
                self.event(e.NoVerdict, trial=trial)

    # What tests read

    def made(self, kind):
        return [event for event in self.decided if isinstance(event, kind)]

    def ever(self, kind):
        return [event for event in self.log if isinstance(event, kind)]

    def places(self):
        """The attempts on nodes: `{trial: node}`."""
        return {trial: self.x.attempt(trial, number).node for trial, number in self.x.on_nodes}

    def states(self):
        return [str(trial.state) for trial in self.x.trials]
