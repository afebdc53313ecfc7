"""An experiment with many trials, made of events, without running any."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Iterator
from pathlib import Path

from controller import config
from controller.core import events as e
from controller.core.events.attempts import Metrics
from controller.core.experiment import Experiment
from controller.core.model import NodeInfo, Outcome, State
from controller.state.experiment_dir import ExperimentDir
from controller.state.home import Home
from controller.state.journal import Journal

NAME = "many"
BATCH = 100  # events of a transaction
_NODES = tuple(NodeInfo(f"node{number}", 8) for number in range(8))
_IN_FLIGHT = 64  # trials without a verdict
_REPORTS = 10  # of a trial
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


def make(directory: Path, trials: int) -> ExperimentDir:
    """Make the home and the experiment file, without a journal."""
    home = Home(directory / "home")
    home.prepare()
    place = ExperimentDir(home.experiments / NAME)
    place.path.mkdir()
    (directory / "many.yml").write_text(_FILE)
    place.config.write_text(config.dump(config.load(directory / "many.yml")))
    return place


def write(place: ExperimentDir, trials: int, *, follow: bool = True) -> Experiment:
    """Write the journal of a search whose controller was killed after so many trials."""
    x = Experiment(config.restore(place.config.read_text()).rules())
    with Journal.create(place.journal) as journal:
        if follow:
            journal.follow(x)
        batch: list[e.Event] = []
        for event in events(trials):
            x.apply(event)
            batch.append(event)
            if len(batch) == BATCH:
                journal.append(batch)
                batch = []
        journal.append(batch)
    return x


def events(trials: int) -> Iterator[e.Event]:
    """The events of a search: trials that take turns, each with a parent among recent ones."""
    rng = random.Random(1)
    at = 1_700_000_000.0
    yield e.Created(
        at=at, name=NAME, root=f"/store/ann/{NAME}-1", code="c", runtime="r", seed=1, inventory=""
    )
    yield e.Opened(at=at)
    yield e.NodesFound(at=at, nodes=_NODES)
    flying: deque[Iterator[e.Event]] = deque()
    for trial in range(trials):
        flying.append(_trial(rng, trial, at + trial))
        if len(flying) == _IN_FLIGHT:
            yield from _turns(flying)


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
        "lr": rng.uniform(0.0001, 1), "depth": rng.choice([2, 4, 8, 16]),
        "width": rng.randrange(16, 513, 16), "op": rng.choice(["conv3x3", "maxpool", "skip"]),
        "dropout": rng.uniform(0, 0.5),
    }  # fmt: skip
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
        at=at + 10, trial=trial, number=1, outcome=Outcome.COMMITTED, seconds=seconds,
        peak_memory=400_000_000,
    )  # fmt: skip
    yield e.VerdictSeen(
        at=at + 10, trial=trial, state=State.SUCCEEDED, number=1, value=value, result=result,
        weights=True, size=1_000_000,
    )  # fmt: skip
    yield e.ResultSent(at=at + 10, trial=trial)
