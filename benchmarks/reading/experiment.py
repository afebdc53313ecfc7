"""An experiment with many trials, made of events, without running any."""

from __future__ import annotations

import contextlib
import random
from collections import deque
from collections.abc import Iterator
from itertools import chain, count, islice
from pathlib import Path

from controller import config
from controller.core import events as e
from controller.core.events.attempts import Metrics
from controller.core.experiment import Experiment
from controller.core.model import NodeInfo, Outcome, State
from controller.state.home import Home
from controller.state.journal import Journal
from controller.state.reading.reader import Restored
from controller.store import layout

NAME = "many"
_BEHIND = 1000  # events after those that the reading tables contain: half of what there may be
_BATCH = 10_000  # events of a transaction while the journal is made
_NODES = tuple(NodeInfo(f"node{number}", 8) for number in range(8))
_IN_FLIGHT = 64  # trials without a verdict
_METRICS = ("loss",)
_REPORTS = 10  # of a trial
_START = 1_700_000_000.0  # seconds since the epoch
_FILE = """\
name: many
search_space:
  lr: {_type: loguniform, _value: [0.0001, 1]}
  depth: {_type: choice, _value: [2, 4, 8, 16]}
  width: {_type: quniform, _value: [16, 512, 16]}
  op: {_type: choice, _value: [conv3x3, conv5x5, maxpool, skip]}
  dropout: {_type: uniform, _value: [0, 0.5]}
tuner: {name: evolution}
trial: {command: python train.py}
budget: {trials: 1000000}
seed: 1
"""


class ManyTrials:
    """An experiment whose controller was killed after so many trials.

    Args:
        directory: where its home and its store are made.
    """

    def __init__(self, directory: Path, trials: int) -> None:
        directory.mkdir(parents=True)
        self.home = Home(directory / "home")
        self.place = self.home.take_name(NAME)
        file = directory / "many.yml"
        file.write_text(_FILE)
        self.place.config.write_text(config.dump(config.load(file)))
        self.config = config.restore(self.place.config.read_text())
        self.experiment = Experiment(self.config.rules())
        root = layout.create(directory / "store", "bench", NAME, "1")
        with Journal.create(self.place.journal) as journal:
            self._source = chain(_opening(str(root.path)), events(0))
            while len(self.experiment.trials) < trials:
                journal.append(self.more(min(_BATCH, trials)))
            journal.follow(self.experiment)
            journal.settle()
            journal.append(self.more(_BEHIND))

    @contextlib.contextmanager
    def journal(self, *, tables: bool = True) -> Iterator[Journal]:
        """The journal, open as by a controller. Without `tables`, they are not written."""
        with Journal.open(self.place.journal) as journal:
            if tables:
                x = self.experiment
                journal.follow(x, Restored(x, journal.tables_end(), _METRICS))
            yield journal

    def more(self, number: int) -> list[e.Event]:
        """The next events, which the experiment has applied, to be appended."""
        return take(self._source, number, self.experiment)


def take(source: Iterator[e.Event], number: int, experiment: Experiment) -> list[e.Event]:
    """The next events, applied to an experiment as a controller does."""
    found = list(islice(source, number))
    for event in found:
        experiment.apply(event)
    experiment.queue.first_ready()  # each decision asks for it, which shortens the queue
    return found


def events(first: int) -> Iterator[e.Event]:
    """The events of trials from this one on, without an end.

    Trials take turns. Each has a parent among recent ones, if there are any.
    """
    rng = random.Random(first)
    flying: deque[Iterator[e.Event]] = deque()
    for trial in count(first):
        flying.append(_trial(rng, trial, _START + trial))
        if len(flying) == _IN_FLIGHT:
            yield from _turns(flying)


def _opening(root: str) -> list[e.Event]:
    created = e.Created(
        at=_START, name=NAME, root=root, code="c", runtime="r", seed=1, inventory=""
    )
    return [created, e.Opened(at=_START), e.NodesFound(at=_START, nodes=_NODES)]


def _turns(flying: deque[Iterator[e.Event]]) -> Iterator[e.Event]:
    """An event of each trial in turn, until one has ended."""
    while True:
        event = next(flying[0], None)
        if event is None:
            flying.popleft()
            return
        yield event
        flying.rotate(-1)


def _trial(rng: random.Random, trial: int, at: float) -> Iterator[e.Event]:
    node = _NODES[trial % len(_NODES)].name
    params = {
        "lr": rng.uniform(0.0001, 1),
        "depth": rng.choice([2, 4, 8, 16]),
        "width": rng.randrange(16, 513, 16),
        "op": rng.choice(["conv3x3", "maxpool", "skip"]),
        "dropout": rng.uniform(0, 0.5),
    }
    parents = (rng.randrange(max(0, trial - 1000), trial - 100),) if trial > 200 else ()
    value = rng.random()
    steps = tuple(range(_REPORTS))
    values = tuple(value * (1 - 0.5**step) for step in steps)
    rows: tuple[Metrics, ...] = tuple({"loss": 1 - reported} for reported in values)
    seconds = {"waiting": 0.1, "verifying": 0.01, "running": 9.5, "committing": 0.02}
    result = {"value": value, "parameters": 123_456, "macs": 1_234_567.0}
    yield e.ProposalAsked(at=at, trial=trial)
    yield e.Proposed(at=at, trial=trial, params=params, parents=parents)
    yield e.Placed(at=at, trial=trial, number=1, node=node, restore=parents)
    yield e.Armed(at=at, trial=trial, number=1)
    yield e.Began(at=at + 1, trial=trial, number=1)
    yield e.ReportedMany(at=at + 5, trial=trial, number=1, steps=steps, values=values, metrics=rows)
    yield e.Ended(
        at=at + 10,
        trial=trial,
        number=1,
        outcome=Outcome.COMMITTED,
        seconds=seconds,
        peak_memory=400_000_000,
    )
    yield e.VerdictSeen(
        at=at + 10,
        trial=trial,
        state=State.SUCCEEDED,
        number=1,
        value=value,
        result=result,
        weights=True,
        size=1_000_000,
    )
    yield e.ResultSent(at=at + 10, trial=trial)
