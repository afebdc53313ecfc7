"""A worker of a random search with Optuna. Its workers share a journal file."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import optuna
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.study import MaxTrialsCallback
from optuna.trial import TrialState
from trial import evaluate

NAME = "peers"


def main() -> None:
    """Run, or print the results."""
    what, directory, _, trials, seconds = sys.argv[1:]
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    file = Path(directory, "journal.log")
    storage = JournalStorage(JournalFileBackend(str(file)))
    study = optuna.create_study(
        study_name=NAME, storage=storage, direction="maximize", load_if_exists=True,
        sampler=optuna.samplers.RandomSampler(),
    )  # fmt: skip
    if what == "results":
        done = [each.value for each in study.get_trials(states=(TrialState.COMPLETE,))]
        print(json.dumps(done))
        return
    if len(study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))) >= int(trials):
        return
    study.optimize(
        lambda trial: _candidate(trial, directory, float(seconds)),
        n_trials=int(trials), callbacks=[MaxTrialsCallback(int(trials))],
    )  # fmt: skip


def _candidate(trial: optuna.Trial, directory: str, seconds: float) -> float:
    x = trial.suggest_float("x", 0, 1)
    return evaluate(directory, repr(x), x, seconds)


main()
