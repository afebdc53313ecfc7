"""Random experiments with garbage collection: no weights are removed that are needed."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from controller.core import events as e
from controller.core.experiment import Experiment
from controller.core.gc import kept
from controller.core.model import Inherit, Keep, OnParentFailure, Rules, State, split_attempt
from heirloom.space import parse
from tests.simulation.core_run import CoreRun
from tests.simulation.core_state import check
from tests.simulation.faulty_cluster import Cluster
from tests.simulation.killed_controller import Controller
from tests.simulation.several_objectives import OBJECTIVES, best_of, check_front
from tests.simulation.world.candidates import is_candidate

RULES = st.builds(
    Rules,
    trials=st.integers(5, 40),
    concurrency=st.none() | st.integers(1, 6),
    retries=st.integers(0, 2),
    infra_retries=st.integers(0, 4),
    on_parent_failure=st.sampled_from(OnParentFailure),
    inherit=st.sampled_from(Inherit),
    inherit_limit=st.sampled_from([0.1, 1.0]),
    space=st.just(parse({"x": {"_type": "uniform", "_value": [0, 1]}})),
    objectives=OBJECTIVES,
    keep=st.sampled_from([Keep.BEST, Keep.LINEAGE]),
    keep_best=st.integers(1, 3),
)
NODES = st.dictionaries(st.sampled_from(["a", "b"]), st.integers(1, 3), min_size=1)


class Store(Cluster):
    """A cluster with a store that removes weights. Reading removed weights fails the test."""

    def __init__(self, rng, nodes):
        super().__init__(rng, nodes)
        self.removed = set()
        self.ruled_out = set()  # trials that the tuner will not name as parents

    def remove(self, trials):
        for name in self.alive():
            trial, _ = split_attempt(name)
            if trial not in self.verdicts:
                assert not set(self.attempts[name].restore) & set(trials), "it reads them"
        self.removed |= set(trials)

    def arm(self, name, real):
        trial, _ = split_attempt(name)
        if trial not in self.verdicts:
            assert not self.removed & set(real.restore)
        super().arm(name, real)


class GcController(Controller):
    """The controller with garbage collection, beside a twin that removes nothing."""

    def do_remove(self, trials, attempts):
        for trial, number in self.x.on_nodes:
            assert not set(self.x.attempt(trial, number).restore) & set(trials)
        self.cluster.remove(trials)
        super().do_remove(trials, attempts)

    def may_name(self, trial):
        if self.rng.random() < 0.6:
            self.cluster.ruled_out.add(trial)
        return trial not in self.cluster.ruled_out

    def propose(self):
        """Name recent trials as parents, whatever their state, except those ruled out."""
        trial = self.x.asked
        parents_first = any(store_task[0] == "parents" for store_task in self.store_tasks)
        if trial is None or parents_first:  # the tuner answers in the order of its calls
            return
        able = [t for t in range(trial) if t not in self.cluster.ruled_out][-8:]
        parents = self.rng.sample(able, min(len(able), self.rng.choice([0, 1, 1, 2])))
        self.take(self.proposed(trial, parents))

    def request(self):
        if not self.x.trials:
            return
        trial = self.rng.choice(self.x.trials)
        gone = any(self.x.trials[parent].removed for parent in trial.parents)
        wishes = [e.CancelAsked, e.GcAsked, *([] if gone else [e.RetryAsked] * 3)]
        kind = self.rng.choice(wishes)
        what = {} if kind is e.GcAsked else {"trial": trial.id}
        self.take(kind(at=self.now, **what))


def latest_shared(x):
    """The latest committed trial that is no candidate and from which a trial can start."""
    able = [trial for trial in x.trials if trial.state is State.SUCCEEDED and trial.inheritable]
    return [trial.id for trial in able if not is_candidate(trial.params)][-1:]


class RandomGcSearch(CoreRun):
    """One experiment from a seed, beside a twin that removes nothing."""

    steps = 400

    def __init__(self, seed, nodes, rules):
        self.rules = rules
        self.twin, self.read = Experiment(rules), 0
        super().__init__(Store(random.Random(seed), dict(nodes)), GcController, rules)

    def check(self, controller):
        x, journal = controller.x, controller.journal
        check(x)
        for event in journal[self.read :]:
            if isinstance(event, e.RemovalAsked):
                self.removal(event)
            else:
                self.twin.apply(event)
            if isinstance(event, e.VerdictSeen):
                check_front(x)
            if isinstance(event, e.Placed):
                assert not self.gone & set(event.restore)
        self.read = len(journal)
        for mine, theirs in zip(x.trials, self.twin.trials, strict=True):
            assert (mine.state, mine.restore, mine.damaged) == (
                theirs.state,
                theirs.restore,
                theirs.damaged,
            )
        assert x.commands.verdicts.due == self.twin.commands.verdicts.due

    @property
    def gone(self):
        return {trial.id for trial in self.controller.x.trials if trial.removed}

    def removal(self, event):
        """Check that nothing is removed which the policy keeps at that moment."""
        twin = self.twin
        held = kept(twin.trials, twin.best, self.rules)
        if self.rules.keep is Keep.BEST:
            assert held == {*best_of(twin, self.rules.keep_best), *latest_shared(twin)}
        if self.rules.keep is Keep.LINEAGE:
            assert not held & set(event.trials)
        removed = [self.twin.trials[trial] for trial in event.trials]
        assert self.twin.best not in event.trials
        assert all(trial.state.is_verdict and trial.weights for trial in removed)

    def ordinary(self):
        return [*super().ordinary(), self.controller.store_task]

    def unusual(self):
        return [*super().unusual(), self.controller.request]


@given(seed=st.integers(0, 2**32), nodes=NODES, rules=RULES)
@settings(max_examples=60)
def test_removed_weights_are_never_needed(seed, nodes, rules):
    search = RandomGcSearch(seed, nodes, rules)
    search.run()
    x = search.controller.x
    assert search.cluster.removed == search.gone  # every decided removal is carried out
    if not x.proposals_possible:
        usable = [t.id for t in x.trials if t.weights and not t.removed and not t.damaged]
        held = kept(x.trials, x.best, rules)
        assert set(usable) <= held, "weights are left that are neither kept nor needed"
        assert x.best is None or x.trials[x.best].state is State.SUCCEEDED
