"""Searches of one size that are run once, and kept."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.inherit import images
from benchmarks.inherit.figures.runs import Run
from benchmarks.inherit.kept import Kept, directory_of
from benchmarks.inherit.methods import Keys, Task, experiment, extent, further_tasks, tasks
from benchmarks.inherit.search import Place
from benchmarks.trials.inherit.sizes import SIZES

Notify = Callable[[str], None]


class Study:
    """Searches of one size, each of which is run once.

    Args:
        build: where they work, and are kept.
        size: the name of their size.
        notify: is called with a line for each search that has ended.
    """

    def __init__(self, build: Path, size: str, notify: Notify) -> None:
        self.size = SIZES[size]
        directory = directory_of(build, size)
        self._kept = Kept(directory)
        self._notify = notify
        data = build / "inherit" / "data"
        data.mkdir(parents=True, exist_ok=True)
        file = images.write(data, self.size, digits=size == "short")
        self.place = Place(directory / "work", size, file)
        self.place.directory.mkdir(exist_ok=True)

    def get(self, name: str, keys: Keys) -> Run | None:
        """A search that was kept."""
        return self._kept.get(name, self.place.digest(keys))

    def run(self, name: str, keys: Keys, *, tests_all: bool = False) -> Run:
        """A search: the one that was kept, or a new one. Raises RuntimeError."""
        found = self.get(name, keys)
        if found is None:
            began = time.monotonic()
            found = self.place.run(name, keys, tests_all=tests_all)
            self._kept.put(name, self.place.digest(keys), found)
            self._notify(f"{name}: best {found.value:.4f}, {time.monotonic() - began:.0f} s")
        return found

    def task(self, task: Task) -> Run:
        """A search of the comparison. Raises RuntimeError."""
        return self.run(task.name, experiment(task, self.size))

    def kept_task(self, task: Task) -> Run | None:
        """A search of the comparison, if it was kept."""
        return self.get(task.name, experiment(task, self.size))

    def kept_tasks(self, method: str, seeds: int) -> dict[Task, Run] | None:
        """Every search of a method with the seeds from 0; None while one is missing.

        A method has as many of these seeds as its extent says.
        """
        wanted = range(extent(method, self.size, seeds).seeds)
        return self._all([task for seed in wanted for task in tasks(method, self.size, seed)])

    def kept_further(self, method: str, seeds: int) -> dict[Task, Run] | None:
        """The searches in which arm A goes on; None while one is missing, or if there are none."""
        return self._all(further_tasks(method, self.size, seeds)) or None

    def _all(self, wanted: Sequence[Task]) -> dict[Task, Run] | None:
        found: dict[Task, Run] = {}
        for task in wanted:
            run = self.kept_task(task)
            if run is None:
                return None
            found[task] = run
        return found
