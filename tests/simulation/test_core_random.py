"""Random experiments on a bad cluster: nothing is lost, nothing waits for ever."""

import random
import tempfile
from pathlib import Path

from bad_cluster import Cluster
from core_state import check, check_decisions, state_of
from hypothesis import given, settings
from hypothesis import strategies as st
from killed_controller import Controller

from controller.core import events as e
from controller.core.experiment import Experiment
from controller.core.model import OnParentFailure, Rules
from controller.journal import Journal

STEPS = 250  # of bad weather
PATIENCE = 20_000  # steps of fair weather until it must have closed

RULES = st.builds(
    Rules,
    trials=st.integers(1, 15),
    concurrency=st.none() | st.integers(1, 8),
    lookahead=st.none() | st.integers(0, 2),
    retries=st.integers(0, 2),
    strays=st.integers(0, 4),
    on_parent_failure=st.sampled_from(OnParentFailure),
    maximize=st.booleans(),
)
NODES = st.dictionaries(st.sampled_from(["a", "b", "c"]), st.integers(1, 3), min_size=1)


class Story:
    """One experiment, from its seed to its end."""

    def __init__(self, seed, nodes, rules):
        self.snapshots = {}  # length of the journal -> state
        self.cluster = Cluster(random.Random(seed), dict(nodes))
        self.controller = Controller(rules, self.cluster, self.check)

    def check(self, controller):
        x, journal = controller.x, controller.journal
        check(x)
        if len(journal) % 7 == 0:
            self.snapshots[len(journal)] = state_of(x)
        for trial in x.trials:
            if trial.state.is_verdict:
                assert trial.state is self.cluster.verdicts[trial.id].state
                assert trial.value == self.cluster.verdicts[trial.id].value
        for event in journal[-20:]:
            if isinstance(event, e.Placed):
                trial = x.trials[event.trial]
                assert all(parent < trial.id for parent in event.restore)
                if x.rules.on_parent_failure is OnParentFailure.SKIP:
                    assert event.restore == trial.parents

    def run(self):
        c, cluster, rng = self.controller, self.cluster, self.cluster.rng
        ordinary = [
            c.wave, c.answer, c.ask_again, c.errand, c.take_mail, c.think, c.notice_silence,
            c.pass_time, c.keep_promise, self.something_moves, self.something_moves,
        ]  # fmt: skip
        for _ in range(STEPS):
            step = rng.choice(ordinary)
            if rng.random() < 0.05:
                step = rng.choice([cluster.disaster, c.wish, c.kill])
            step()
        cluster.bad = False
        cluster.down.clear()
        for _ in range(PATIENCE):
            if c.x.closed is not None:
                return
            rng.choice(ordinary)()
        waits = [trial for trial in c.x.trials if not trial.state.is_verdict]
        raise AssertionError(f"it waits for ever for {waits}, {list(c.x.on_nodes)}")

    def something_moves(self):
        alive = self.cluster.alive()
        if alive:
            self.cluster.move(self.cluster.rng.choice(alive))


@given(seed=st.integers(0, 2**32), nodes=NODES, rules=RULES)
@settings(max_examples=100)
def test_a_bad_day(seed, nodes, rules):
    story = Story(seed, nodes, rules)
    story.run()
    c, cluster = story.controller, story.cluster
    assert all(trial.state.is_verdict for trial in c.x.trials)
    assert all(trial.reason for trial in c.x.trials if trial.state != "succeeded")
    assert all(commits == 1 for commits in cluster.commits.values())
    assert {trial for trial, seen in cluster.verdicts.items()} == set(range(len(c.x.trials)))
    told = {event.trial for event in c.journal if isinstance(event, e.Told)}
    assert told == set(range(len(c.x.trials)))
    check_decisions(c.journal)


@given(seed=st.integers(0, 2**32), nodes=NODES, rules=RULES)
@settings(max_examples=20)
def test_the_journal_leads_back_to_where_the_controller_stood(seed, nodes, rules):
    story = Story(seed, nodes, rules)
    story.run()
    written = story.controller.journal
    with tempfile.TemporaryDirectory() as directory:
        with Journal.create(Path(directory) / "journal.db") as journal:
            journal.append(written)
        with Journal.open(Path(directory) / "journal.db") as journal:
            read = [event for _, event in journal.read()]
    assert read == written
    x = Experiment(rules)
    for length, event in enumerate(read, 1):
        x.apply(event)
        snapshot = story.snapshots.get(length)
        if snapshot is not None:
            assert state_of(x) == snapshot
    assert state_of(x) == state_of(story.controller.x)
