"""The whole comparison: every method with many seeds, in processes, into a file."""

from __future__ import annotations

import json
import platform
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from importlib.metadata import version
from itertools import product
from multiprocessing import get_context
from pathlib import Path
from statistics import mean, stdev
from typing import Any

from benchmarks import machine
from benchmarks.nasbench import table
from benchmarks.nasbench.methods import LOOKS, METHODS, SEEDS, Method
from benchmarks.nasbench.search import Task, Values, expected_best, search
from benchmarks.nasbench.searches import Searches

QUICK = 2  # seeds
FILE = "nasbench.json"
VALUES: tuple[Values, ...] = ("run", "mean")

Record = dict[str, Any]


def run(
    build: Path,
    *,
    only: Sequence[str] = (),
    quick: bool = False,
    notify: Callable[[str], None] = lambda text: None,
) -> Record:
    """Run the methods, or those of `only`, and write `build`/nasbench.json.

    Searches that an earlier run has done stand in `build`/nasbench/searches.jsonl and are not
    repeated. Methods without all their searches are left out of the record. Raises RuntimeError if
    the table cannot be had.
    """
    directory = build / "nasbench"
    directory.mkdir(parents=True, exist_ok=True)
    wheel = table.fetch(directory)
    seeds = QUICK if quick else SEEDS
    done = Searches(directory / "searches.jsonl")
    fresh = get_context("spawn")  # a fork of a process with threads may hang
    with ProcessPoolExecutor(mp_context=fresh, initializer=_load, initargs=(wheel,)) as pool:
        for values, method in product(VALUES, METHODS):
            if only and method.tuner not in only:
                continue
            notify(f"{method.tuner}, values {values}")
            left = [task for task in _tasks(method, values, seeds) if done.get(task) is None]
            for task, found in zip(left, pool.map(_search, left), strict=True):
                done.add(task, found, measured())
    exact = [round(expected_best(table.read(wheel), looks), 4) for looks in LOOKS]
    record = {
        "table": table.PACKAGE,
        "sha256": table.SHA256,
        "looks": list(LOOKS),
        "seeds": seeds,  # from 0
        "expected_of_random": exact,
        "rows": list(_rows(done, seeds)),
    }
    (build / FILE).write_text(json.dumps(record, indent=1) + "\n")
    return record


def _tasks(method: Method, values: Values, seeds: int) -> list[Task]:
    return [Task(method.tuner, method.arguments, values, seed, LOOKS) for seed in range(seeds)]


def _rows(done: Searches, seeds: int) -> Iterator[Record]:
    for values, method in product(VALUES, METHODS):
        searches = [done.get(task) for task in _tasks(method, values, seeds)]
        complete = [search for search in searches if search is not None]
        if len(complete) < seeds:
            continue
        by_looks = list(zip(*(search["found"] for search in complete), strict=True))
        yield {
            "method": method.tuner,
            "arguments": dict(method.arguments),
            "values": values,
            "mean": [round(mean(each), 4) for each in by_looks],
            "deviation": [round(stdev(each), 4) for each in by_looks],
            "measured": complete[-1]["measured"],
            "found": by_looks,  # by looks, then by seed
        }


def measured() -> dict[str, Any]:
    """When it was measured, and with what. Optuna and numpy decide what some tuners propose."""
    facts = machine.facts(Path.cwd())
    return {
        **{name: facts[name] for name in ("date", "cores", "python")},
        "platform": f"{platform.system()} {platform.machine()}",
        **{name: version(name) for name in ("numpy", "optuna")},
    }


_table: table.Table = {}  # of a process of the pool


def _load(wheel: Path) -> None:
    global _table  # noqa: PLW0603 - a process of the pool reads the table once
    _table = table.read(wheel)


def _search(task: Task) -> list[float]:
    return search(task, _table)
