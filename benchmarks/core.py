"""The core alone: 100,000 trials with random parents on 1,000 nodes of 8 slots."""

from __future__ import annotations

import gc
import random
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from controller.core import events as e
from controller.core.decisions import Decisions
from controller.core.experiment import Experiment
from controller.core.model import NodeInfo, Rules, State, Trial
from controller.dispatch.memory import MemoryDispatcher
from controller.engine.actions import Actions
from controller.state.journal import Journal
from heirloom.node.spec import Spec

TARGET_EVENT = 100e-6  # seconds
TARGET_REPLAY = 20.0  # seconds


class RandomTuner:
    """Names up to two recent trials as parents. Answers at once."""

    def __init__(
        self, rng: random.Random, cluster: MemoryDispatcher, events: list[e.Event]
    ) -> None:
        self._rng, self._cluster, self._events = rng, cluster, events

    def propose(self, trial: int, room: int = 1) -> None:
        """See `Tuner`."""
        recent = range(max(0, trial - 20_000), trial)
        parents = tuple(sorted(self._rng.sample(recent, min(len(recent), self._rng.randrange(3)))))
        self._events.append(
            e.Proposed(at=self._cluster.now, trial=trial, params={"x": trial}, parents=parents)
        )

    def observe(self, result: Mapping[str, Any]) -> None:
        """See `Tuner`."""

    def conclude(self) -> None:
        """See `Tuner`."""

    def report(self, trial: int, number: int, reports: Sequence[tuple[int, Any]]) -> None:
        """See `Tuner`."""

    def continued(self, trial: int, number: int, source: int, step: int) -> None:
        """See `Tuner`."""

    def may_be_parent(self, trials: Sequence[int]) -> Future[dict[int, bool]]:
        """See `Tuner`."""
        raise NotImplementedError("nothing is removed")


class MemoryStore:
    """The store of a cluster in memory."""

    def __init__(self, cluster: MemoryDispatcher) -> None:
        self._cluster = cluster

    def monitor(self, trial: int, number: int, reports_known: int = 0) -> None:
        """See `Store`."""

    def stop_monitoring(self, trial: int, number: int) -> None:
        """See `Store`."""

    def request_end(self, trial: int, number: int, how: str, reason: str) -> None:
        """See `Store`."""

    def pass_verdict(self, trial: int, state: State, reason: str) -> None:
        """See `Store`."""
        self._cluster.pass_verdict(trial, state, reason)

    def read_verdict(self, trial: int) -> None:
        """See `Store`."""
        self._cluster.look(trial)

    def remove(self, trials: Sequence[int], attempts: Sequence[tuple[int, int]]) -> None:
        """See `Store`."""
        raise NotImplementedError("nothing is removed")

    def remove_checkpoints(self, attempts: Sequence[tuple[int, int]]) -> None:
        """See `Store`."""
        raise NotImplementedError("no checkpoint is saved")


class SmallSpecs:
    """Makes specs with what the cluster in memory reads."""

    def of(self, trial: Trial, number: int, node_name: str) -> Spec:
        """See `SpecSource`."""
        return Spec(
            attempt=f"{trial.id}.{number}",
            experiment="x",
            root="/x",
            node=node_name,
            command="true",
            runtime="r",
            params={},
            restore=trial.attempts[number - 1].restore,
        )


def drive(trials: int, nodes: int, slots: int) -> tuple[list[e.Event], float]:
    """Run an experiment in memory; return its events, and the seconds that the core took."""
    rng = random.Random(1)
    experiment = Experiment(Rules(trials=trials))
    decisions = Decisions(experiment)
    incoming: list[e.Event] = []
    found = tuple(NodeInfo(f"n{i}", slots) for i in range(nodes))
    cluster = MemoryDispatcher(
        found, lambda order: (rng.uniform(30, 90), rng.random()), incoming.extend
    )
    actions = Actions(
        experiment,
        tuner=RandomTuner(rng, cluster, incoming),
        store=MemoryStore(cluster),
        dispatcher=cluster,
        specs=SmallSpecs(),
        post=incoming.extend,
        now=lambda: cluster.now,
    )
    incoming += [e.Opened(at=0.0), e.NodesFound(at=0.0, nodes=found)]
    events: list[e.Event] = []
    spent = 0.0
    clock = time.perf_counter
    while experiment.closed is None:
        batch = incoming[:]
        incoming.clear()
        began = clock()
        for event in batch:
            experiment.apply(event)
        decided = decisions.decide(cluster.now)
        spent += clock() - began
        events += batch
        events += decided
        actions.carry_out([*batch, *decided])
        if not incoming and experiment.closed is None and not cluster.step():
            raise RuntimeError("the search makes no progress")
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
