"""Random experiments whose weights are removed as they go: nobody who may read them notices."""

import random

from bad_cluster import Cluster
from core_state import check
from hypothesis import given, settings
from hypothesis import strategies as st
from killed_controller import Controller
from story import Story

from controller.core import events as e
from controller.core.experiment import Experiment
from controller.core.gc import kept
from controller.core.model import Keep, OnParentFailure, Rules, State, split_attempt
from heirloom.objective import Objective

RULES = st.builds(
    Rules,
    trials=st.integers(5, 40),
    concurrency=st.none() | st.integers(1, 6),
    retries=st.integers(0, 2),
    infra_retries=st.integers(0, 4),
    on_parent_failure=st.sampled_from(OnParentFailure),
    objective=st.builds(Objective, maximize=st.booleans()),
    keep=st.sampled_from([Keep.BEST, Keep.LINEAGE]),
    keep_best=st.integers(1, 3),
)
NODES = st.dictionaries(st.sampled_from(["a", "b"]), st.integers(1, 3), min_size=1)


class Store(Cluster):
    """A cluster with a store from which weights go. Reading what is gone is what must not be."""

    def __init__(self, rng, nodes):
        super().__init__(rng, nodes)
        self.removed = set()
        self.disowned = set()  # trials that the tuner gave its word on

    def remove(self, trials):
        for name in self.alive():
            trial, _ = split_attempt(name)
            if trial not in self.verdicts:
                assert not set(self.lives[name].restore) & set(trials), "it reads them"
        self.removed |= set(trials)

    def arm(self, name, life):
        trial, _ = split_attempt(name)
        if trial not in self.verdicts:
            assert not self.removed & set(life.restore)
        super().arm(name, life)


class Keeper(Controller):
    """The controller, with what it does about weights, and a twin that never removes any."""

    def begin(self, resumed=False):
        super().begin(resumed)
        if self.x.gc.is_removing:
            commands = self.x.commands
            gone = tuple(commands.removals.issued), tuple(commands.leftovers.issued)
            self.errands.append(("remove", *gone))

    def act(self, event):
        match event:
            case e.ParentsAsked():
                self.errands.append(("say", event.trials))
            case e.RemovalAsked() if event.trials or event.attempts:
                self.errands.append(("remove", event.trials, event.attempts))
            case _:
                super().act(event)

    def errand(self):
        if not self.errands or self.errands[0][0] not in ("say", "remove"):
            super().errand()
            return
        kind, trials, *attempts = self.errands.popleft()
        if kind == "remove":
            for trial, number in self.x.on_nodes:
                assert not set(self.x.attempt(trial, number).restore) & set(trials)
            self.cluster.remove(trials)
            self.tell(e.Removed(at=self.now, trials=trials, attempts=attempts[0], size=1))
        elif self.x.gc.asked:
            self.cluster.disowned |= {t for t in trials if self.rng.random() < 0.6}
            possible = tuple(t for t in trials if t not in self.cluster.disowned)
            self.tell(e.ParentsAnswered(at=self.now, trials=trials, possible=possible))

    def think(self):
        """The tuner keeps its word, and likes the young, whatever became of them."""
        trial = self.x.asked
        said_first = any(errand[0] == "say" for errand in self.errands)
        if trial is None or said_first:  # it answers in the order of its calls
            return
        able = [t for t in range(trial) if t not in self.cluster.disowned][-8:]
        parents = self.rng.sample(able, min(len(able), self.rng.choice([0, 1, 1, 2])))
        params = {"x": self.rng.random()}
        self.tell(e.Proposed(at=self.now, trial=trial, params=params, parents=tuple(parents)))

    def wish(self):
        if not self.x.trials:
            return
        trial = self.rng.choice(self.x.trials)
        gone = any(self.x.trials[parent].removed for parent in trial.parents)
        wishes = [e.CancelAsked, e.GcAsked, *([] if gone else [e.RetryAsked] * 3)]
        kind = self.rng.choice(wishes)
        what = {} if kind is e.GcAsked else {"trial": trial.id}
        self.tell(kind(at=self.now, **what))


class Keeping(Story):
    """One experiment, from its seed to its end, beside a twin that keeps everything."""

    steps = 400

    def __init__(self, seed, nodes, rules):
        self.rules = rules
        self.twin, self.read = Experiment(rules), 0
        super().__init__(Store(random.Random(seed), dict(nodes)), Keeper, rules)

    def check(self, controller):
        x, journal = controller.x, controller.journal
        check(x)
        for event in journal[self.read :]:
            if isinstance(event, e.RemovalAsked):
                self.removal(event)
            else:
                self.twin.apply(event)
            if isinstance(event, e.Placed):
                assert not self.gone & set(event.restore)
        self.read = len(journal)
        for mine, theirs in zip(x.trials, self.twin.trials, strict=True):
            assert (mine.state, mine.restore, mine.damaged) == (
                theirs.state, theirs.restore, theirs.damaged,
            )  # fmt: skip
        assert x.commands.verdicts.due == self.twin.commands.verdicts.due

    @property
    def gone(self):
        return {trial.id for trial in self.controller.x.trials if trial.removed}

    def removal(self, event):
        """What the policy keeps is never removed, as far as it was known then."""
        held = kept(self.twin.trials, self.twin.best, self.rules)
        if self.rules.keep is Keep.LINEAGE:
            assert not held & set(event.trials)
        best = [self.twin.trials[trial] for trial in event.trials]
        assert self.twin.best not in event.trials
        assert all(trial.state.is_verdict and trial.weights for trial in best)

    def ordinary(self):
        return [*super().ordinary(), self.controller.errand]

    def unusual(self):
        return [*super().unusual(), self.controller.wish]


@given(seed=st.integers(0, 2**32), nodes=NODES, rules=RULES)
@settings(max_examples=60)
def test_nobody_notices_that_weights_were_removed(seed, nodes, rules):
    story = Keeping(seed, nodes, rules)
    story.run()
    x = story.controller.x
    assert story.cluster.removed == story.gone  # what was decided is done in the end
    if not x.proposals_possible:
        usable = [t.id for t in x.trials if t.weights and not t.removed and not t.damaged]
        held = kept(x.trials, x.best, rules)
        assert set(usable) <= held, "weights that nobody can read are left"
        assert x.best is None or x.trials[x.best].state is State.SUCCEEDED
