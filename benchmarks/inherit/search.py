"""Runs one search of the comparison, as a user does, and reads what it has found."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks import machine, searches
from benchmarks.inherit.figures.runs import Report, Run, TrialRecord
from benchmarks.inherit.methods import EXAMPLE, READING, TRIALS, Keys
from benchmarks.trials.inherit.sizes import SIZES
from controller.state import record, reports
from controller.state.home import Home
from controller.store.layout import Root

_LEARNING = ("images", "learning", "net")  # modules of all trials that learn images
_READING = (  # what a trial of the example reads
    *("train.py", "network.py", "graph.py", "data.py", "squad.py"),
    *("train.json", "dev.json"),
)
_OF_TRIALS = ("side", "train", "validation", "widths", "depths", "macro", "batch", "slots")


class Place:
    """Where searches of one size run, and what all of them have in common.

    Args:
        directory: where they work.
        size: the name of their size.
        images: the file with their images.
    """

    def __init__(self, directory: Path, size: str, images: Path) -> None:
        self.directory = directory
        self.size = SIZES[size]
        self.environment = {"SIZE": size, "IMAGES": str(images), "READING": str(EXAMPLE)}
        self._spaces: dict[str, dict[str, Any]] = {}

    def complete(self, keys: Keys) -> Keys:
        """The experiment file of a search: `keys`, where `command` is that of its trials."""
        given = dict(keys)
        if "model" in given:  # made once, and not by a trial before each search
            given["search_space"] = self.space(given.pop("model"))
        if "code_dir" in given["tuner"]:  # of the example
            given["tuner"] = {**given["tuner"], "code_dir": str(EXAMPLE)}
        trial = {
            "command": given.pop("command"),
            "code_dir": str(TRIALS),
            "threads": 1,
            "weights": "required",
            "environment": self.environment,
            **({"gpus": 1} if self.size.gpu else {}),
            **given.pop("trial", {}),
        }
        return {"objective": "maximize", "trial": trial, **given}

    def digest(self, keys: Keys) -> str:
        """Stands for the search and the code of its trials: another one is another search.

        The tuner's own code is no part of it: after a change of a tuner, remove what was kept.
        """
        module = keys["command"][2].rpartition(".")[2]
        if module == READING:
            what = [keys, getattr(self.size.reading, "articles", None)]
            files = [TRIALS / "inherit/reading.py", *(EXAMPLE / name for name in _READING)]
        else:
            what = [keys, *(getattr(self.size, name) for name in _OF_TRIALS)]
            files = [TRIALS / "inherit" / f"{name}.py" for name in (*_LEARNING, module)]
        found = hashlib.sha256(json.dumps(what, sort_keys=True).encode())
        for file in files:
            found.update(file.read_bytes())
        return found.hexdigest()[:16]

    def run(self, name: str, keys: Keys, *, tests_all: bool = False) -> Run:
        """Run a search in a directory of its own, which is gone afterwards.

        What a killed one left there is removed first, and an interrupted one is ended. The test
        accuracy of the best trial is read, with `tests_all` that of every trial, unless trials have
        it in their results. Raises RuntimeError.
        """
        directory = self.directory / name
        searches.end(directory)
        slots: int | list[Mapping[str, Any]] = self.size.slots
        if self.size.gpu:
            slots = [{"gpus": [0]}] * self.size.slots
        began = time.time()
        try:
            search = searches.run(directory, self.complete(keys), slots=slots)
        except (KeyboardInterrupt, SystemExit):
            searches.end(directory)
            raise
        run = self._read(directory, search, began)
        chosen = run.trials if tests_all else [run.best]
        networks = [trial for trial in chosen if trial is not None and _has_network(trial)]
        accuracies = self._tested(networks, search.root)
        searches.clear(directory, search)
        tested = {trial.id: test for trial, test in zip(networks, accuracies, strict=True)}
        trials = [replace(trial, test=tested.get(trial.id, trial.test)) for trial in run.trials]
        return replace(run, trials=trials)

    def _read(self, directory: Path, search: searches.Search, began: float) -> Run:
        place = Home(directory / "home").find(searches.NAME)
        found = record.load(place)
        trials = list(found.experiment.trials)
        return Run(
            seconds=search.seconds,
            reports=[
                Report(
                    each.trial,
                    each.attempt,
                    (each.metrics["time"] or 0) - began,
                    each.metrics["epochs"] or 0,
                    each.metrics["cpu"] or 0,
                    each.value if trials[each.trial].candidate else None,
                )
                for each in reports.read(place)
            ],
            trials=[_trial(record.row(found, trial)) for trial in trials],
            measured=self._facts(),
        )

    def _tested(self, networks: Sequence[TrialRecord], root: Root) -> list[float]:
        """The test accuracies of the weights of trials. Raises RuntimeError."""
        if not networks:
            return []
        given = [(_network(trial), str(root.weights(trial.id))) for trial in networks]
        accuracies: list[float] = self._ask("inherit.tested", given=json.dumps(given))
        return accuracies

    def space(self, model: str) -> dict[str, Any]:
        """The search space of a model of the trials. Raises RuntimeError."""
        if model not in self._spaces:
            self._spaces[model] = self._ask("heirloom.nas", model)
        return self._spaces[model]

    def _ask(self, module: str, *arguments: str, given: str = "") -> Any:
        """What a module prints as JSON, run as trials are. Raises RuntimeError."""
        repository = str(Path(__file__).resolve().parents[2])
        done = subprocess.run(
            [sys.executable, "-m", module, *arguments],
            cwd=TRIALS,
            env={**os.environ, **self.environment, "PYTHONPATH": repository},
            input=given,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise RuntimeError(f"python -m {module} fails: {done.stderr.strip()[-300:]}")
        return json.loads(done.stdout)

    def _facts(self) -> dict[str, Any]:
        facts = machine.facts(self.directory)
        kept = {name: facts[name] for name in ("date", "cores", "kernel", "python", "load_average")}
        return {**kept, **dict(_versions()), **({"gpu": _gpu()} if self.size.gpu else {})}


def _trial(row: Mapping[str, Any]) -> TrialRecord:
    result = row["result"] if isinstance(row["result"], dict) else {}
    inherited = result.get("inherited") or {}
    return TrialRecord(
        row["id"],
        row["state"],
        row["params"],
        row["restored"],
        row["value"] if row["candidate"] else None,
        result.get("before"),
        inherited.get("share"),
        result.get("test"),
        accuracies=result.get("accuracies", ()),
    )


def _has_network(trial: TrialRecord) -> bool:
    """Whether its weights are those of one network, whose test accuracy it has not read itself."""
    return trial.value is not None and trial.test is None and not trial.accuracies


def _network(trial: TrialRecord) -> Mapping[str, Any]:
    """The params of its network: a final training has those that a search has chosen."""
    chosen: Mapping[str, Any] = trial.params.get("chosen", trial.params)
    return chosen


def _versions() -> Iterator[tuple[str, str]]:
    from importlib.metadata import version

    for name in ("torch", "numpy"):
        yield name, version(name)


def _gpu() -> str:
    """The name of the first GPU."""
    command = ["nvidia-smi", "--query-gpu=name", "--format=csv,noheader"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()[0]
