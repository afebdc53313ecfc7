"""A whole lab, and one search in it: good weather after bad, and then the reckoning."""

from __future__ import annotations

import contextlib
import logging
import os
import random
import tempfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

from controller.core import events as e
from controller.core import model
from controller.core.experiment import Experiment
from controller.core.model import Keep, NodeInfo, OnParentFailure
from controller.store.layout import Root
from heirloom.node import systemd
from heirloom.node.process import result
from heirloom.objective import Objective
from tests.simulation.world.control import Control
from tests.simulation.world.disasters import Disasters
from tests.simulation.world.disk import Disk
from tests.simulation.world.node import Node
from tests.simulation.world.removals import Removals
from tests.simulation.world.rules import COMMAND, Rules, Violation
from tests.simulation.world.schedule import Schedule
from tests.simulation.world.store import Inode, Server
from tests.simulation.world.tuner import SimulatedInbox
from tests.simulation.world.weather import Story, Weather

_ROOT = "/heirloom/ann/search-1"
_BAD = (30.0, 600.0)  # seconds of bad weather, and
_VERY_BAD = (3600.0, 10_000.0)  # now and then
_PATIENCE = 4 * 3600.0  # seconds of good weather in which all must come to its end
_RULE = model.RetryRule(name="on 'its output'", times=2, exclude_node=True)
_EPOCH = 1_700_000_000.0
_QUICK = Path("/dev/shm")


class Lab:
    """Everything follows from `seed`. `listen` gets the story, line by line."""

    def __init__(
        self, seed: int, directory: Path, listen: Callable[[str], None] | None = None
    ) -> None:
        self.rng = random.Random(seed)
        self.schedule = Schedule(self.rng)
        self.story = Story(lambda: self.schedule.now, listen)
        self.weather = Weather(self.rng, self.story)
        self.rules = Rules(self)
        self.removals = Removals(self)
        self.server = Server(_ROOT)
        self.server.appeared, self.server.vanished = self.rules.appeared, self.rules.vanished
        self.root = Root(Path(_ROOT))
        self.config = self._configure()
        self.inbox = SimulatedInbox()
        slots = [self.rng.randint(1, 2) for _ in range(self.rng.randint(1, 4))]
        self.infos = tuple(NodeInfo(f"node{i}", count) for i, count in enumerate(slots, 1))
        self.nodes = {info.name: Node(self, info.name, info.slots) for info in self.infos}
        self.disk = Disk(self, directory)
        self.control = Control(self, self.disk)
        self.disasters = Disasters(self)
        self.clock_ahead = 0.0  # seconds by which the controller's wall clock is wrong
        self.over: Experiment | None = None

    def run(self) -> None:
        """Live through it. Raises Violation."""
        created = e.Created(
            at=self.wall(), name="search", root=_ROOT, code="0", runtime="1", seed=0, inventory=""
        )
        self.disk.create(created)
        self.schedule.after(0.0, self.control.start)
        bad = _VERY_BAD if self.rng.random() < 0.02 else _BAD
        self.schedule.after(self.rng.uniform(*bad), self._clear_up)
        self.disasters.begin()
        try:
            while self.schedule.now < _VERY_BAD[1] + _PATIENCE and not self._is_quiet():
                self.schedule.step()
            self._judge()
        finally:
            self.schedule.close()
            self.control.leave()

    def wall(self) -> float:
        """Seconds since the epoch."""
        return _EPOCH + self.schedule.now + self.clock_ahead

    def closed(self, experiment: Experiment) -> None:
        """The controller has come to the search's end."""
        self.story.say("controller", "the search is over")
        self.over = experiment

    def inventory(self) -> tuple[NodeInfo, ...]:
        """The nodes as they are listed now; never none."""
        listed = tuple(info for info in self.infos if not self.weather.strikes("node not listed"))
        return listed or self.infos

    def value_of(self, attempt: str) -> float:
        """What a trial's attempt reports."""
        return zlib.crc32(attempt.encode()) / 2**32

    def read(self) -> Iterator[tuple[int, e.Event]]:
        """What the journal took."""
        return iter(enumerate(self.disk.promised, 1))

    def _configure(self) -> SimpleNamespace:
        rng = self.rng
        timeout = rng.choice([None, 30.0])
        keep = rng.choice([Keep.ALL, Keep.ALL, Keep.BEST, Keep.LINEAGE])
        rules = model.Rules(
            trials=rng.randint(3, 12 if keep is Keep.ALL else 24),
            duration=rng.choice([None, None, 200.0]),
            concurrency=rng.choice([None, 2, 6]),
            lookahead=rng.choice([None, 0, 1, 2]),
            retries=rng.randint(0, 2),
            infra_retries=rng.choice([1, 5, 5]),
            on_parent_failure=rng.choice(list(OnParentFailure)),
            objective=Objective(maximize=rng.random() < 0.5),
            assess=rng.random() < 0.3,
            retry=rng.choice([(), (_RULE,)]),
            keep=keep,
            keep_best=rng.randint(1, 3),
        )
        if timeout is None:
            self.weather.forgo("trial hangs")  # nothing would ever end it
        trial = SimpleNamespace(
            command=COMMAND, slots=1, gpus=0, threads=None, memory=None, cpus=None,
            timeout=timeout, grace=5.0, environment={}, weights="optional", value="required",
            workdir="snapshot", writable=[], log_limit=1000,
            retry=[SimpleNamespace(on="its output", exit_code=None) for _ in rules.retry],
        )  # fmt: skip
        return SimpleNamespace(rules=lambda: rules, assessor=None, trial=trial)

    def _clear_up(self) -> None:
        """Good weather from now on."""
        self.story.say("fault", "the weather is fair from here on")
        self.weather.bad = False
        self.disasters.mend()

    def _is_quiet(self) -> bool:
        fair = not self.weather.bad
        return fair and self.over is not None and not any(n.alive() for n in self.nodes.values())

    def _judge(self) -> None:
        x = self.over
        if x is None:
            loop = self.control.loop
            left = [] if loop is None else loop.experiment.trials
            waits = {trial.id: str(trial.state) for trial in left if not trial.state.is_verdict}
            raise Violation(f"rule 5: it has not come to an end; without a verdict: {waits}")
        alive = [name for node in self.nodes.values() for name in node.alive()]
        self.rules.hold(5, not alive, f"supervisors are left: {alive}")
        self.rules.judge(x)


def live(seed: int, listen: Callable[[str], None] | None = None) -> Counter[str]:
    """Live through one run; which faults struck, how often. Raises Violation."""
    quick = _QUICK if _QUICK.is_dir() else None
    with tempfile.TemporaryDirectory(dir=quick) as directory, installed() as use:
        lab = Lab(seed, Path(directory), listen)
        use(lab)
        lab.run()
    return lab.weather.counts


@contextlib.contextmanager
def installed() -> Iterator[Callable[[Lab], None]]:
    """What reads a trial's result reads it from the lab; an error of our own in a log is one."""
    labs: list[Lab] = []

    def open_file(path: str, flags: int = 0) -> int:
        found: Inode | None = labs[-1].server.find(path[len(_ROOT) + 1 :])
        if found is None:
            raise FileNotFoundError(2, "No such file or directory", path)
        fd = os.memfd_create("result")
        os.pwrite(fd, found.data, 0)
        return fd

    handler = _Errors()
    log = logging.getLogger("controller")
    level, log.propagate = log.level, False
    log.setLevel(logging.WARNING)
    log.addHandler(handler)
    try:
        with (
            mock.patch.object(result, "open_file", open_file),
            mock.patch.object(systemd, "out_of_memory", return_value=False),
        ):
            yield labs.append
    finally:
        log.removeHandler(handler)
        log.setLevel(level)
        log.propagate = True


class _Errors(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info and record.exc_info[1] is not None:
            raise Violation(f"the program went wrong: {record.getMessage()}") from record.exc_info[
                1
            ]
