"""For how many epochs a network has trained, with the ancestors whose weights it started from."""

from __future__ import annotations

from benchmarks.inherit.figures.runs import Run


def ages(run: Run) -> dict[int, float]:
    """The epochs that made the weights of each trial.

    Those are the epochs of the trial until its best report, whose weights it keeps, and the age of
    the first of its parents. A trial without a value has the epochs of its last report.
    """
    own: dict[int, tuple[float, float]] = {}  # best value and its epochs, by trial
    for report in run.reports:
        value = -1.0 if report.value is None else report.value
        best, _ = own.get(report.trial, (-1.0, 0.0))
        if report.value is None or value > best:
            own[report.trial] = (value, report.epochs)
    found: dict[int, float] = {}
    for trial in run.trials:
        inherited = found[trial.restored[0]] if trial.restored else 0.0
        found[trial.id] = inherited + own.get(trial.id, (0.0, 0.0))[1]
    return found


def age_of_best(run: Run) -> float:
    """The age of the network with the best validation accuracy; 0 if there is none."""
    return 0.0 if run.best is None else ages(run)[run.best.id]
