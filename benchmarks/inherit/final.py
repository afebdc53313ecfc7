"""Final quality: what searches have chosen, trained from nothing with several seeds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from statistics import mean
from typing import Any, NamedTuple

from benchmarks.inherit.figures.runs import Run, TrialRecord
from benchmarks.inherit.methods import READING, Keys, Task, extent, final_training
from benchmarks.inherit.outcome import compared, spread
from benchmarks.inherit.study import Study

BASELINE = "random"  # whose arm B is random search from nothing
_AMOUNT = ("epochs", "epochs_from")  # no part of a network


class _Chosen(NamedTuple):
    """The best network of each search of an arm, by seed."""

    method: str
    arm: str
    length: int
    networks: Sequence[Mapping[str, Any]]

    @property
    def name(self) -> str:
        return f"final-{self.method}-{self.arm}-{self.length}"


def run(study: Study, method: str, seeds: int) -> None:
    """Train what the searches of a method have chosen. Raises RuntimeError."""
    for chosen in _chosen(study, method, seeds):
        study.run(chosen.name, _keys(study, chosen), tests_all=True)


def rows(study: Study, method: str, seeds: int) -> list[dict[str, Any]]:
    """The test accuracies of the trainings that were done, by arm."""
    found = []
    for chosen in _chosen(study, method, seeds):
        trained = study.get(chosen.name, _keys(study, chosen))
        if trained is not None:
            found.append(_row(chosen, trained))
    return found


def _chosen(study: Study, method: str, seeds: int) -> Iterator[_Chosen]:
    """Arm A, arm B at its best length, and random search at that length where it has run."""
    runs = study.kept_tasks(method, seeds)
    if runs is None:
        return
    seeds = extent(method, study.size, seeds).seeds
    best = compared(runs).best
    arms = [(method, "a", 1), (method, "b", best)]
    if method not in (BASELINE, READING):
        arms.append((BASELINE, "b", best))
    for name, arm, length in arms:
        searches = [study.kept_task(Task(name, arm, length, seed)) for seed in range(seeds)]
        networks = [_network(search.best) for search in searches if search and search.best]
        if len(networks) == seeds:
            yield _Chosen(name, arm, length, networks)


def _network(best: TrialRecord) -> dict[str, Any]:
    params = best.params.get("params", best.params)  # of the last trial of enas
    return {key: value for key, value in params.items() if key not in _AMOUNT}


def _keys(study: Study, chosen: _Chosen) -> Keys:
    trials = []
    for seed, network in enumerate(chosen.networks):
        command, params = final_training(chosen.method, study.size, network)
        repeats = extent(chosen.method, study.size, 1).repeats
        trials += [{**params, "search": seed, "repeat": repeat} for repeat in range(repeats)]
    return {
        "search_space": {"trial": {"_type": "choice", "_value": trials}},
        "tuner": {"name": "batch"},
        "command": command,
        "seed": 0,
    }


def _row(chosen: _Chosen, trained: Run) -> dict[str, Any]:
    by_search: dict[int, list[float]] = {}
    for trial in trained.trials:
        if trial.test is not None:
            by_search.setdefault(trial.params["search"], []).append(trial.test)
    tests = [test for found in by_search.values() for test in found]
    return {
        "method": chosen.method,
        "arm": chosen.arm,
        "length": chosen.length,
        "trainings": len(tests),
        "test": spread(tests),
        "searches": [round(mean(found), 4) for found in by_search.values()],
    }
