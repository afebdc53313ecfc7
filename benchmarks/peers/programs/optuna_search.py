"""A worker of a random search with Optuna. Its workers share a journal file."""

from __future__ import annotations

import fcntl
import json
import sys
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from trial import evaluate

NAME = "peers"
BEGAN = datetime.now()  # noqa: DTZ005 - Optuna's own times have no zone


def main() -> None:
    """Run, or print the results."""
    import optuna
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend
    from optuna.trial import TrialState

    what, directory, _, trials, seconds = sys.argv[1:]
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    file = Path(directory, "journal.log")
    storage = JournalStorage(JournalFileBackend(str(file)))
    study = optuna.create_study(
        study_name=NAME,
        storage=storage,
        direction="maximize",
        load_if_exists=True,
        sampler=optuna.samplers.RandomSampler(),
    )
    if what == "results":
        done = [each.value for each in study.get_trials(states=(TrialState.COMPLETE,))]
        print(json.dumps(done))
        return
    with Path(directory, "budget.lock").open("w") as lock:
        while (trial := _next(study, lock, int(trials))) is not None:
            x = trial.suggest_float("x", 0, 1)
            study.tell(trial, evaluate(directory, repr(x), x, float(seconds)))


def _next(study: Any, lock: IO[str], most: int) -> Any:
    """A trial, while fewer than `most` are complete or under way.

    MaxTrialsCallback counts those that are complete, so four workers run up to three too many. A
    trial of a worker that was killed earlier is under way for ever, and does not count. `BEGAN`
    is before the import of Optuna, so before the first trial of any worker that was started now.
    """
    from optuna.trial import TrialState

    fcntl.flock(lock, fcntl.LOCK_EX)
    try:
        counted = [
            trial
            for trial in study.get_trials(deepcopy=False)
            if trial.state == TrialState.COMPLETE
            or (trial.state == TrialState.RUNNING and trial.datetime_start >= BEGAN)
        ]
        return study.ask() if len(counted) < most else None
    finally:
        fcntl.flock(lock, fcntl.LOCK_UN)


main()
