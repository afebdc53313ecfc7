"""The core alone: 100,000 trials with random parents on 1,000 nodes of 8 slots."""

from __future__ import annotations

import gc
import random
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from controller.core import events as e
from controller.core.decisions import Decisions
from controller.core.experiment import Experiment
from controller.core.model import NodeInfo, Rules, attempt_name, split_attempt
from controller.dispatch.answers import events_of
from controller.dispatch.interface import Answer, End, Order, Start
from controller.dispatch.memory import MemoryDispatcher
from controller.state.journal import Journal

TARGET_EVENT = 100e-6  # seconds
TARGET_REPLAY = 20.0  # seconds


def drive(trials: int, nodes: int, slots: int) -> tuple[list[e.Event], float]:
    """Run an experiment in memory; return its events, and the seconds that the core took."""
    rng = random.Random(1)
    experiment = Experiment(Rules(trials=trials))
    decisions = Decisions(experiment)
    incoming: list[e.Event] = []
    answers: list[Answer] = []
    cluster = MemoryDispatcher(
        [NodeInfo(f"n{i}", slots) for i in range(nodes)],
        lambda order: (rng.uniform(30, 90), rng.random()),
        answers.extend,
        incoming.extend,
    )
    found = tuple(NodeInfo(f"n{i}", slots) for i in range(nodes))
    incoming += [e.Opened(at=0.0), e.NodesFound(at=0.0, nodes=found)]
    events: list[e.Event] = []
    spent = 0.0
    clock = time.perf_counter
    while experiment.closed is None:
        for answer in answers:
            trial, number = split_attempt(answer.order.attempt)
            incoming += events_of(answer, experiment.attempt(trial, number), cluster.now)
        answers.clear()
        batch, incoming[:] = incoming[:], []
        began = clock()
        for event in batch:
            experiment.apply(event)
        decided = decisions.decide(cluster.now)
        spent += clock() - began
        events += batch
        events += decided
        orders: list[Order] = []
        for decision in decided:
            match decision:
                case e.ProposalAsked(trial=trial):
                    recent = range(max(0, trial - 20_000), trial)
                    parents = tuple(sorted(rng.sample(recent, min(len(recent), rng.randrange(3)))))
                    proposed = e.Proposed(
                        at=cluster.now, trial=trial, params={"x": trial}, parents=parents
                    )
                    incoming.append(proposed)
                case e.Placed():
                    spec = {"restore": decision.restore, "slots": 1}
                    name = attempt_name(decision.trial, decision.number)
                    orders.append(Start(name, decision.node, spec))
                case e.EndAsked():
                    name = attempt_name(decision.trial, decision.number)
                    attempt = experiment.attempt(decision.trial, decision.number)
                    assert attempt is not None
                    orders.append(End(name, attempt.node, decision.how, decision.reason))
                case e.VerdictAsked():
                    cluster.pass_verdict(decision.trial, decision.state, decision.reason)
                case e.CheckAsked():
                    cluster.look(decision.trial)
        if orders:
            cluster.submit(orders)
        if not incoming and not answers and experiment.closed is None and not cluster.step():
            raise RuntimeError("the search stands still")
    return events, spent


def replay(events: list[e.Event], directory: Path) -> float:
    """Seconds from opening a journal of these events to the state they lead to."""
    with Journal.create(directory / "journal.db") as journal:
        for start in range(0, len(events), 10_000):
            journal.append(events[start : start + 10_000])
    gc.freeze()  # the search's own events are no part of a resume
    began = time.perf_counter()
    with Journal.open(directory / "journal.db") as journal:
        experiment = Experiment(Rules(trials=len(events)))
        for _, event in journal.read():
            experiment.apply(event)
    return time.perf_counter() - began


def measure(trials: int = 100_000, nodes: int = 1_000, slots: int = 8) -> dict[str, Any]:
    """The figures of the core."""
    events, spent = drive(trials, nodes, slots)
    with tempfile.TemporaryDirectory(dir=Path.home()) as directory:
        replayed = replay(events, Path(directory))
    return {"events": len(events), "us_per_event": spent / len(events) * 1e6, "replay_s": replayed}


if __name__ == "__main__":
    print(measure(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000))
