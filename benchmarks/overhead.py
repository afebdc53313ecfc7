"""What the controller costs over 10,000 trials: its CPU with Ansible's, and its memory."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from benchmarks import searches
from benchmarks.figure import Figure
from benchmarks.searches import Search
from benchmarks.throughput import no_ops
from controller.tuners.pipe import BOOTSTRAP

TARGET_CPU = 50.0  # milliseconds a trial
TARGET_MEMORY = 150.0  # megabytes
TRIALS = 10_000
WAVE = 64  # attempts at most
LONGEST = 300.0  # seconds; a machine that is slower than that gets as far as it gets
SLICES = 10  # parts of the search, of equally many trials


@dataclass(frozen=True, slots=True)
class Sample:
    """CPU in seconds since the process's start, at a moment of the wall clock."""

    at: float
    controller: float
    ansible: float
    tuner: float


@dataclass(slots=True)
class Watcher:
    """Looks at a controller while it runs, up to the report at the end.

    Of the children that the controller has waited for by then, the tuner is one and all others are
    Ansible's: supervisors are not the controller's children.
    """

    samples: list[Sample] = field(default_factory=list)
    waves: set[str] = field(default_factory=set)  # their directories, each a second old and more
    peak: float = 0.0  # megabytes: the controller's resident memory at its highest
    _tuner: psutil.Process | None = None
    _tuner_cpu: float = 0.0
    _done: bool = False

    def look(self, controller: psutil.Process, home: Path) -> None:
        """Take a sample. Called while the controller runs; `home` is its HEIRLOOM_HOME."""
        self.waves.update(path.name for path in home.glob("experiments/*/waves/wave-*"))
        try:
            self._sample(controller)
        except (psutil.NoSuchProcess, FileNotFoundError, ProcessLookupError):
            return

    def _sample(self, controller: psutil.Process) -> None:
        waited_for = 0.0  # CPU of the tuner that is in that of the controller's children
        if self._tuner is None:
            self._tuner = _child(controller, str(BOOTSTRAP))
        elif not self._tuner.is_running():
            self._done = self._done or _child(controller, "report") is not None
            waited_for = self._tuner_cpu
        elif self._tuner.status() == psutil.STATUS_ZOMBIE:
            return
        else:
            self._tuner_cpu = sum(self._tuner.cpu_times()[:2])
        if self._done:
            return
        spent, highest = controller.cpu_times(), peak(controller.pid)
        ansible = spent.children_user + spent.children_system - waited_for
        self.samples.append(
            Sample(time.time(), spent.user + spent.system, ansible, self._tuner_cpu)
        )
        self.peak = max(self.peak, highest)


def measure(work: Path, *, quick: bool = False) -> list[Figure]:
    """CPU a trial in ten parts of a long search of no-op trials, and the controller's memory."""
    trials = 8 if quick else TRIALS
    directory = work / "overhead"
    watcher = Watcher()
    experiment = no_ops(trials, WAVE - searches.SLOTS)
    experiment["budget"] = {"trials": trials, "concurrency": WAVE, "duration": LONGEST}
    search = searches.run(
        directory, experiment, watch=lambda process: watcher.look(process, directory / "home")
    )
    committed = len(search.manifests())
    searches.clear(directory)
    size = committed / len(watcher.waves)
    last = watcher.samples[-1]
    parts = {"controller": last.controller, "Ansible": last.ansible, "tuner beside it": last.tuner}
    shares = ", ".join(f"{name} {cpu / committed * 1e3:.1f}" for name, cpu in parts.items())
    return [
        Figure(
            name=f"CPU of controller and Ansible at waves of {size:.0f}",
            unit="ms/trial",
            values=tuple(cpu_per_trial(watcher.samples, search, 1 if quick else SLICES)),
            target=TARGET_CPU,
            against=f"over all: {shares}",
        ),
        Figure(
            name=f"resident memory of the controller at {committed:,} trials",
            unit="MB",
            values=(watcher.peak,),
            target=TARGET_MEMORY if committed >= TRIALS else None,
            against="its peak over the whole search (VmHWM)",
        ),
    ]


def cpu_per_trial(samples: list[Sample], search: Search, slices: int) -> Iterator[float]:
    """Milliseconds a trial, of controller and Ansible, in parts of equally many trials."""
    ends = [verdict.at for verdict in search.verdicts]
    spent, done = 0.0, 0
    for part in range(1, slices + 1):
        count = len(ends) * part // slices
        last = part == slices  # what follows the last verdict is paid for too
        until = samples[-1].at if last else ends[count - 1]
        sample = next(each for each in samples if each.at >= until)
        total = sample.controller + sample.ansible
        yield (total - spent) / (count - done) * 1e3
        spent, done = total, count


def _child(process: psutil.Process, word: str) -> psutil.Process | None:
    """The child that has `word` on its command line."""
    return next((child for child in process.children() if word in child.cmdline()), None)


def peak(pid: int) -> float:
    """Megabytes of resident memory that a process has had at most."""
    status = Path(f"/proc/{pid}/status").read_text()
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(found[1]) * 1024 / 1e6 if found else 0.0
