"""The whole comparison: every search that is missing, then the figures, into a file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.inherit import final, shared
from benchmarks.inherit.methods import (
    FIXED,
    METHODS,
    extent,
    further_tasks,
    methods_of,
    tasks,
)
from benchmarks.inherit.outcome import of_further, of_generations, of_method
from benchmarks.inherit.shared import SHARED
from benchmarks.inherit.study import Notify, Study

KNOWN = (*METHODS, SHARED)  # the last is no method, but a ranking of networks

Record = dict[str, Any]


def file_of(build: Path, size: str) -> Path:
    """Where the record of a size is written."""
    return build / ("inherit.json" if size == "small" else f"inherit-{size}.json")


def run(
    build: Path,
    *,
    methods: Sequence[str],
    seeds: int,
    size: str,
    notify: Notify = lambda text: None,
) -> Record:
    """Run the searches of methods that are missing, and write the record.

    What an earlier run has finished of other methods is in the record too, with as many of these
    seeds as it has. Raises RuntimeError if a search does not end well.
    """
    study = Study(build, size, notify)
    chosen = [method for method in methods_of(study.size) if method in methods]
    wanted = [
        task
        for seed in range(seeds)
        for method in chosen
        if seed < extent(method, study.size, seeds).seeds
        for task in tasks(method, study.size, seed)
    ]
    for method in chosen:
        wanted += further_tasks(method, study.size, seeds)
    left = [task for task in wanted if study.kept_task(task) is None]
    notify(f"{len(wanted) - len(left)} of {len(wanted)} searches are kept")
    for number, task in enumerate(left, 1):
        notify(f"{number} of {len(left)}: {task} …")
        study.task(task)
    for method in chosen:
        notify(f"{method}: final trainings …")
        final.run(study, method, seeds)
    if SHARED in methods:
        notify("networks with shared weights, and alone …")
        shared.run(study, seeds)
    record = _record(study, size, seeds)
    file_of(build, size).write_text(json.dumps(record, indent=1) + "\n")
    return record


def _record(study: Study, size: str, seeds: int) -> Record:
    rows = (_row(study, method, seeds) for method in methods_of(study.size))
    return {
        "size": size,
        "seeds": seeds,  # from 0
        "candidates": study.size.candidates,
        "epochs": study.size.epochs,
        "lengths": list(study.size.lengths),
        "methods": [row for row in rows if row is not None],
        "shared": shared.row(study, seeds),
    }


def _row(study: Study, method: str, seeds: int) -> Record | None:
    """The figures of a method; None if no seed has all its searches."""
    for count in range(seeds, 0, -1):
        runs = study.kept_tasks(method, count)
        if runs is not None:
            of = extent(method, study.size, count)
            further = study.kept_further(method, count)
            return {
                **of_method(method, runs),
                "candidates": of.candidates,
                "epochs": of.epochs,
                "seeds": of.seeds,
                "final": final.rows(study, method, count),
                "generations": of_generations(runs, of.epochs) if method in FIXED else [],
                "further": None if further is None else of_further(runs, further),
            }
    return None
