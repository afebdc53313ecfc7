"""Random experiments on a faulty cluster: the state stays consistent and every one closes."""

import random
import tempfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from hypothesis import given, settings
from hypothesis import strategies as st

from controller.core import events as e
from controller.core.decisions import Decisions
from controller.core.experiment import Experiment
from controller.core.model import Inherit, OnParentFailure, Rules
from controller.engine.continuation.replay import restore
from controller.state.journal import Journal
from heirloom.space import parse
from tests.simulation.core_run import CoreRun
from tests.simulation.core_state import check, check_decisions, state_of
from tests.simulation.faulty_cluster import Cluster
from tests.simulation.killed_controller import Controller
from tests.simulation.several_objectives import OBJECTIVES, check_front

RULES = st.builds(
    Rules,
    trials=st.integers(1, 15),
    concurrency=st.none() | st.integers(1, 8),
    lookahead=st.none() | st.integers(0, 2),
    retries=st.integers(0, 2),
    infra_retries=st.integers(0, 4),
    on_parent_failure=st.sampled_from(OnParentFailure),
    inherit=st.sampled_from(Inherit),
    inherit_limit=st.sampled_from([0.1, 1.0]),
    space=st.just(parse({"x": {"_type": "uniform", "_value": [0, 1]}})),
    objectives=OBJECTIVES,
)
NODES = st.dictionaries(st.sampled_from(["a", "b", "c"]), st.integers(1, 3), min_size=1)


class RandomSearch(CoreRun):
    """One experiment from a seed."""

    steps = 250

    def __init__(self, seed, nodes, rules):
        self.snapshots = {}  # length of the journal -> state
        super().__init__(Cluster(random.Random(seed), dict(nodes)), Controller, rules)

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
                if trial.parents and x.rules.on_parent_failure is OnParentFailure.SKIP:
                    assert event.restore == trial.parents

    def ordinary(self):
        return [*super().ordinary(), self.controller.deliver_announced]


@given(seed=st.integers(0, 2**32), nodes=NODES, rules=RULES)
@settings(max_examples=100)
def test_a_random_search_keeps_its_state_consistent(seed, nodes, rules):
    search = RandomSearch(seed, nodes, rules)
    search.run()
    c, cluster = search.controller, search.cluster
    assert all(trial.state.is_verdict for trial in c.x.trials)
    assert all(trial.reason for trial in c.x.trials if trial.state != "succeeded")
    assert all(commits == 1 for commits in cluster.commits.values())
    assert {trial for trial, seen in cluster.verdicts.items()} == set(range(len(c.x.trials)))
    sent = {event.trial for event in c.journal if isinstance(event, e.ResultSent)}
    assert sent == set(range(len(c.x.trials)))
    check_decisions(c.journal)
    check_front(c.x)


@given(seed=st.integers(0, 2**32), nodes=NODES, rules=RULES)
@settings(max_examples=20)
def test_the_journal_leads_back_to_where_the_controller_stood(seed, nodes, rules):
    search = RandomSearch(seed, nodes, rules)
    search.run()
    written = search.controller.journal
    with tempfile.TemporaryDirectory() as directory:
        with Journal.create(Path(directory) / "journal.db") as journal:
            journal.append(written)
        with Journal.open(Path(directory) / "journal.db") as journal:
            read = [event for _, event in journal.read()]
    assert read == written
    x = Experiment(rules)
    for length, event in enumerate(read, 1):
        x.apply(event)
        snapshot = search.snapshots.get(length)
        if snapshot is not None:
            assert state_of(x) == snapshot
    assert state_of(x) == state_of(search.controller.x)


@given(
    seed=st.integers(0, 2**32),
    nodes=NODES,
    rules=RULES,
    every=st.integers(1, 200),
    part=st.floats(0, 1),
)
@settings(max_examples=10)
def test_the_tables_lead_where_all_events_lead(seed, nodes, rules, every, part):
    search = RandomSearch(seed, nodes, rules)
    search.run()
    written = search.controller.journal
    begun = written[: 1 + int(part * len(written))]  # until the controller is killed
    again, whole = from_tables(begun, rules, every), Experiment(rules)
    for event in begun:
        whole.apply(event)
    assert state_of(again) == state_of(whole)
    now = whole.last_at + 1.0
    for x in (again, whole):
        x.apply(e.Opened(at=now))
    assert Decisions(again).decide(now) == Decisions(whole).decide(now)
    for event in written[len(begun) :]:
        again.apply(event)
        whole.apply(event)
    assert state_of(again) == state_of(whole)


def from_tables(events, rules, every):
    """The state after a journal of these events, with tables that are written every so often."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "journal.db"
        x = Experiment(rules)
        with Journal.create(path) as journal:
            journal.follow(x, every=every)
            for start in range(0, len(events), every):
                batch = events[start : start + every]
                for event in batch:
                    x.apply(event)
                journal.append(batch)
        with Journal.open(path) as journal:
            restored = restore(cast("Any", SimpleNamespace(rules=lambda: rules)), journal)
    assert restored.seq == max(every * (len(events) // every), min(every, len(events)))
    return restored.experiment
