"""Searches with shared weights over the cell of NAS-Bench-201, by Heirloom, on this machine.

The trials are those of examples/methods, on small Fashion-MNIST. What they find is looked up in the
table, whose networks are larger and learned CIFAR-10.
"""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks import searches
from benchmarks.nasbench import ranks, table
from benchmarks.nasbench.searches import Searches
from benchmarks.nasbench.study import measured
from controller.core.events import Proposed
from controller.store import layout

SEEDS = 5
FILE = "nasbench_one_shot.json"
_REPOSITORY = Path(__file__).resolve().parents[2]
_TRIALS = _REPOSITORY / "examples" / "methods" / "trial"
_NET = _REPOSITORY / "benchmarks" / "trials" / "nasbench_net.py"  # in place of net.py

Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class OneShot:
    """A method with shared weights.

    Args:
        tuner: its name.
        command: of its trials.
        arguments: of the tuner.
        quick: arguments with which a search takes seconds, and learns nothing.
        trials: the budget; None for a tuner that ends by itself.
        quick_trials: likewise, with `quick`.
    """

    tuner: str
    command: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    quick: Mapping[str, Any] = field(default_factory=dict)
    trials: int | None = None
    quick_trials: int | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """A search."""

    tuner: str
    arguments: Mapping[str, Any]
    trials: int | None
    seed: int


METHODS = (
    OneShot(
        "enas",
        "python train_enas.py net --batch-statistics --decay 2e-4",
        {"samples": 20, "updates": 2, "children": 63, "learning_rate": 0.0035},
        {"samples": 2, "updates": 1, "children": 2},
        trials=24,
        quick_trials=2,
    ),
    OneShot(
        "darts",
        "python train_darts.py",
        {"generations": 5, "epochs": 5, "order": 1, "edges": None},
        {"generations": 1, "epochs": 1, "order": 1, "edges": None},
    ),
)


def run(
    build: Path,
    *,
    only: Sequence[str] = (),
    quick: bool = False,
    notify: Callable[[str], None] = lambda text: None,
) -> Record:
    """Run the searches, or those of `only`, and write `build`/nasbench_one_shot.json.

    Searches that an earlier run has done stand in `build`/nasbench/one_shot.jsonl and are not
    repeated; one that was interrupted goes on. After a change of a method, remove both. Methods
    without all their searches are left out of the record. Raises RuntimeError if the table cannot
    be had or a search does not end well.
    """
    directory = build / "nasbench"
    directory.mkdir(parents=True, exist_ok=True)
    cells = table.read(table.fetch(directory))
    done = Searches(directory / "one_shot.jsonl")
    for method in METHODS:
        for task in _tasks(method, quick) if method.tuner in (only or method.tuner) else ():
            if done.get(task) is None:
                notify(f"{task.tuner}, seed {task.seed}")
                done.add(task, search(method, task, directory / "one_shot", quick=quick), _facts())
    record = {
        "table": table.PACKAGE,
        "networks": len(cells),
        "middle": ranks.middle(cells),
        "all_skip": ranks.standing(cells, ranks.ALL_SKIP),
        "rows": list(_rows(done, cells, quick)),
    }
    (build / FILE).write_text(json.dumps(record, indent=1) + "\n")
    return record


def search(method: OneShot, task: Task, work: Path, *, quick: bool) -> dict[str, Any]:
    """Search with Heirloom in a directory of `work`. Returns the params of the derived network.

    A search that was interrupted goes on. Raises RuntimeError if the search does not end well.
    """
    directory, code = work / f"{task.tuner}-{task.seed}", work / "code"
    if not searches.has_begun(directory):
        layout.remove(directory)
    try:
        ended = searches.run(directory, _experiment(method, task, code, quick), slots=1)
    except RuntimeError as error:
        raise RuntimeError(f"{error}; see {directory}, and remove it to start anew") from error
    proposed = (event.params for event in ended.events if isinstance(event, Proposed))
    final = next((params for params in proposed if params.get("task") == "final"), None)
    searches.clear(directory, ended)
    layout.remove(code)
    with contextlib.suppress(OSError):  # another search may have been interrupted there
        work.rmdir()
    if final is None:
        raise RuntimeError(f"{task.tuner} with seed {task.seed} has derived no network")
    return dict(final["params"])


def _experiment(method: OneShot, task: Task, code: Path, quick: bool) -> dict[str, Any]:
    """The keys of the experiment file. Writes the code of its trials to `code`."""
    layout.remove(code)
    shutil.copytree(_TRIALS, code, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copyfile(_NET, code / "net.py")
    return {
        "objective": "maximize",
        "model": "net.net",
        "tuner": {"name": task.tuner, "args": dict(task.arguments)},
        "trial": {"command": method.command, "code_dir": str(code)},
        "keep": "lineage",
        "seed": task.seed,
        **({} if task.trials is None else {"budget": {"trials": task.trials}}),
        **({} if quick else {"prepare": "sh prepare.sh"}),  # without it, the digits of scikit-learn
    }


def _tasks(method: OneShot, quick: bool) -> list[Task]:
    arguments, trials = (
        (method.quick, method.quick_trials) if quick else (method.arguments, method.trials)
    )
    return [Task(method.tuner, arguments, trials, seed) for seed in range(1 if quick else SEEDS)]


def _rows(done: Searches, cells: table.Table, quick: bool) -> Iterator[Record]:
    for method in METHODS:
        tasks = _tasks(method, quick)
        found = [each for task in tasks if (each := done.get(task)) is not None]
        if len(found) == len(tasks):
            yield {
                "method": method.tuner,
                "arguments": dict(tasks[0].arguments),
                "trials": tasks[0].trials,
                "searches": [
                    {"seed": task.seed, **ranks.standing(cells, each["found"])}
                    for task, each in zip(tasks, found, strict=True)
                ],
                "measured": found[-1]["measured"],
            }


def _facts() -> dict[str, Any]:
    return {**measured(), "torch": version("torch")}
