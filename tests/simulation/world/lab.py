"""A simulated cluster and one search on it: first with faults, then without, then judged."""

from __future__ import annotations

import contextlib
import dataclasses
import logging
import os
import random
import tempfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

from controller.core import events as e
from controller.core import model
from controller.core.experiment import Experiment
from controller.core.model import Inherit, Keep, NodeInfo, OnParentFailure
from controller.store.layout import Root
from heirloom.node.limits import cgroups
from heirloom.node.process import result
from heirloom.space import parse
from tests.simulation.several_objectives import from_seed
from tests.simulation.world.candidates import Candidates
from tests.simulation.world.checkpoints import CheckpointRules
from tests.simulation.world.continuation import Continuation
from tests.simulation.world.control import Control
from tests.simulation.world.disk import Disk
from tests.simulation.world.faults import Faults, Trace
from tests.simulation.world.gc_rules import GcRules
from tests.simulation.world.incidents import Incidents
from tests.simulation.world.inheritance_rules import InheritanceRules
from tests.simulation.world.methods import Methods, has_chain
from tests.simulation.world.node import Node
from tests.simulation.world.rules import COMMAND, Rules, Violation
from tests.simulation.world.schedule import Schedule
from tests.simulation.world.store import Inode, Server
from tests.simulation.world.tables import Tables
from tests.simulation.world.tuner import SimulatedInbox

_ROOT = "/heirloom/ann/search-1"
_WITH_FAULTS = (30.0, 600.0)  # seconds with faults, usually
_LONG_WITH_FAULTS = (3600.0, 10_000.0)  # rarely
_PATIENCE = 4 * 3600.0  # seconds without faults within which the search must end
_RULE = model.RetryRule(name="on 'its output'", times=2, exclude_node=True)
_EPOCH = 1_700_000_000.0
_QUICK = Path("/dev/shm")


class Lab:
    """Everything follows from `seed`. `write_line` gets the trace, line by line."""

    def __init__(
        self, seed: int, directory: Path, write_line: Callable[[str], None] | None = None
    ) -> None:
        self.rng = random.Random(seed)
        # Another generator, so that pauses leave everything else as it is.
        self.pause_rng = random.Random(f"{seed} pauses")
        # And another one, for whose weights trials start from and for the last trials.
        self.lineage_rng = random.Random(f"{seed} lineage")
        self.concludes = self.lineage_rng.random() < 0.3
        self.mistake = self.pause_rng.random() < 0.1  # in the trial's code, until a pause ends
        self.schedule = Schedule(self.rng)
        self.trace = Trace(lambda: self.schedule.now, write_line)
        self.faults = Faults(self.rng, self.trace)
        self.rules = Rules(self)
        self.gc_rules = GcRules(self)
        self.checkpoint_rules = CheckpointRules(self)
        self.inheritance_rules = InheritanceRules(self)
        self.server = Server(_ROOT)
        self.server.appeared, self.server.vanished = self.rules.appeared, self.rules.vanished
        self.root = Root(Path(_ROOT))
        self.candidates = Candidates(seed)
        self.config = self._configure(seed)
        self.methods = Methods(self, seed)
        if self.config.trial.retry:  # it sets a node aside for longer each time: this takes days
            self.mistake = False
        self.inbox = SimulatedInbox()
        slots = [self.rng.randint(1, 2) for _ in range(self.rng.randint(1, 4))]
        self.infos = tuple(NodeInfo(f"node{i}", count) for i, count in enumerate(slots, 1))
        self.nodes = {info.name: Node(self, info.name, info.slots) for info in self.infos}
        self.disk = Disk(self, directory)
        self.tables = Tables(self, seed)
        self.control = Control(self, self.disk)
        self.incidents = Incidents(self)
        self.continuation = Continuation(self, seed)
        self.clock_ahead = 0.0  # seconds by which the controller's wall clock is wrong
        self.over: Experiment | None = None

    def run(self) -> None:
        """Run the search to its end. Raises Violation."""
        created = e.Created(
            at=self.wall(), name="search", root=_ROOT, code="0", runtime="1", seed=0, inventory=""
        )
        self.disk.create([created, *self.continuation.begin()])
        self.schedule.after(0.0, self.control.start)
        duration = _LONG_WITH_FAULTS if self.rng.random() < 0.02 else _WITH_FAULTS
        self.schedule.after(self.rng.uniform(*duration), self._end_faults)
        self.incidents.begin()
        try:
            while self.schedule.now < _LONG_WITH_FAULTS[1] + _PATIENCE and not self._is_quiet():
                self.schedule.step()
            self._judge()
        finally:
            self.schedule.close()
            self.control.leave()

    def wall(self) -> float:
        """Seconds since the epoch."""
        return _EPOCH + self.schedule.now + self.clock_ahead

    def closed(self, experiment: Experiment) -> None:
        """The controller has closed the experiment."""
        self.trace.write("controller", "the search is over")
        self.over = experiment

    def inventory(self) -> tuple[NodeInfo, ...]:
        """The nodes that the inventory lists now, at least one."""
        listed = tuple(info for info in self.infos if not self.faults.occurs("node not listed"))
        return listed or self.infos

    def values_of(self, attempt: str) -> dict[str, float]:
        """The values that an attempt reports, by name. Of named ones many are equal."""
        objectives = self.config.rules().objectives
        if not objectives.are_named:
            return {"value": zlib.crc32(attempt.encode()) / 2**32}
        names = objectives.names
        return {name: float(zlib.crc32(f"{name} {attempt}".encode()) % 6) for name in names}

    def read(self) -> Iterator[tuple[int, e.Event]]:
        """The events that the journal accepted."""
        return iter(enumerate(self.disk.promised, 1))

    def _configure(self, seed: int) -> Any:
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
            objectives=from_seed(seed, up=rng.random() < 0.5),
            assess=rng.random() < 0.3,
            retry=rng.choice([(), (_RULE,)]),
            keep=keep,
            keep_best=rng.randint(1, 3),
            inherit=self.lineage_rng.choice([*Inherit, Inherit.NEAREST]),
            inherit_limit=self.lineage_rng.choice([0.05, 0.3, 1.0]),
            space=parse({"x": {"_type": "uniform", "_value": [0, 1]}}),
        )
        if has_chain(seed):  # `check` refuses what would break it
            skips = rules.on_parent_failure is OnParentFailure.SCRATCH
            on_failure = OnParentFailure.SKIP if skips else rules.on_parent_failure
            rules = dataclasses.replace(rules, inherit=Inherit.TUNER, on_parent_failure=on_failure)
        if timeout is None:
            self.faults.disable("trial hangs")  # without a timeout nothing would end it
        trial = SimpleNamespace(
            command=COMMAND,
            slots=1,
            gpus=0,
            threads=None,
            memory=None,
            cpus=None,
            timeout=timeout,
            grace=5.0,
            environment={},
            weights="optional",
            value="required",
            workdir="snapshot",
            writable=[],
            log_limit=1000,
            retry=[SimpleNamespace(on="its output", exit_code=None) for _ in rules.retry],
        )
        return SimpleNamespace(
            rules=lambda: rules,
            assessor=None,
            prepare=None,
            trial=trial,
            objectives=rules.objectives,
        )

    def _end_faults(self) -> None:
        """Disable faults from now on."""
        self.trace.write("fault", "no faults from here on")
        self.faults.enabled = False
        self.incidents.repair()

    def _is_quiet(self) -> bool:
        quiet = not self.faults.enabled
        return quiet and self.over is not None and not any(n.alive() for n in self.nodes.values())

    def _judge(self) -> None:
        x = self.over
        if x is None:
            loop = self.control.loop
            left = [] if loop is None else loop.experiment.trials
            waits = {trial.id: str(trial.state) for trial in left if not trial.state.is_verdict}
            raise Violation(f"rule 5: the search has not ended; open trials: {waits}")
        alive = [name for node in self.nodes.values() for name in node.alive()]
        self.rules.hold(5, not alive, f"supervisors are left: {alive}")
        self.rules.judge(x)


def run_lab(seed: int, write_line: Callable[[str], None] | None = None) -> Counter[str]:
    """Do one run. Return the number of faults by name. Raises Violation."""
    quick = _QUICK if _QUICK.is_dir() else None
    with tempfile.TemporaryDirectory(dir=quick) as directory, installed() as use:
        lab = Lab(seed, Path(directory), write_line)
        use(lab)
        lab.run()
    return lab.faults.counts


@contextlib.contextmanager
def installed() -> Iterator[Callable[[Lab], None]]:
    """Read trials' results from the lab, and turn logged exceptions into violations."""
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
            mock.patch.object(cgroups, "out_of_memory", return_value=False),
        ):
            yield labs.append
    finally:
        log.removeHandler(handler)
        log.setLevel(level)
        log.propagate = True


class _Errors(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info and record.exc_info[1] is not None:
            raise Violation(
                f"the program logged an exception: {record.getMessage()}"
            ) from record.exc_info[1]
