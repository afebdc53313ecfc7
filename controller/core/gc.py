"""Which weights may go: those that nobody keeps, and that no living or possible trial may read.

Everything here is a question to the state, in time that grows with the number of trials.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from controller.core.model import Keep, OnParentFailure, Outcome, Rules, State, Trial

if TYPE_CHECKING:
    from controller.core.experiment import Experiment


def kept(trials: Sequence[Trial], best: int | None, rules: Rules) -> set[int]:
    """The trials whose weights the policy keeps. `best`: the committed trial with the best value.

    Of equals the one that was proposed first is the better; damaged weights count for nothing.
    """
    if rules.keep is Keep.ALL:
        return {trial.id for trial in trials}
    if rules.keep is Keep.LINEAGE:
        return set() if best is None else _lineage(trials, best)
    sign = -1.0 if rules.maximize else 1.0
    ranked = sorted(
        (sign * trial.value, trial.id)
        for trial in trials
        if trial.state is State.SUCCEEDED and trial.inheritable and trial.value is not None
    )
    return {trial for _, trial in ranked[: rules.keep_best]}


def questions(x: Experiment) -> tuple[int, ...]:
    """The trials of which the tuner has to say whether it may still name them as parents.

    Those whose weights nothing else holds, and where a lost parent's ancestor takes its place,
    those that lead to them.
    """
    leads = _loose(x)
    if x.rules.on_parent_failure is OnParentFailure.ANCESTOR:
        for trial in x.trials:  # parents come before their children
            if any(parent in leads for parent in trial.parents):
                leads.add(trial.id)
    return tuple(trial for trial in _nameable(x) if trial in leads)


def may_go(x: Experiment) -> tuple[int, ...]:
    """The trials whose weights nobody keeps, reads, or can come to read.

    As long as proposals are possible, every trial that the tuner has not ruled out may be a parent.
    """
    loose = _loose(x)
    if not loose or not x.proposals_possible:
        return tuple(sorted(loose))
    return tuple(sorted(loose - _reach(x, _nameable(x))))


def leftovers(x: Experiment) -> tuple[tuple[int, int], ...]:
    """Attempts that may have left files which no manifest names, and can't commit any more."""
    swept = x.retention.swept
    return tuple(
        (trial.id, attempt.number)
        for trial in x.trials
        if trial.state.is_verdict
        for attempt in trial.attempts
        if attempt.outcome not in (None, Outcome.COMMITTED)
        and (trial.id, attempt.number) not in swept
    )


def _loose(x: Experiment) -> set[int]:
    """Trials whose weights no policy keeps and no trial that there is, or is asked for, may read.

    Damaged weights stay, for people to look at.
    """
    held = kept(x.trials, x.best, x.rules)
    if len(held) == len(x.trials):
        return set()
    held |= _reach(x, _readers(x))
    return {
        trial.id
        for trial in x.trials
        if trial.inheritable and trial.id not in held and trial.id not in x.untold
    }


def _readers(x: Experiment) -> Iterator[int]:
    """Trials from which somebody who lives, or waits, starts or may have to start."""
    for trial in x.trials:
        if not trial.state.is_verdict:
            yield trial.id  # who names it as a parent may get its ancestors
            yield from sources(trial)
    for on_node, number in x.on_nodes:
        yield from x.trials[on_node].attempts[number - 1].restore
    for source in x.retries_due:
        yield from x.trials[source].parents
    yield from x.untold  # of which the tuner can't say yet whether it wants them


def sources(trial: Trial) -> set[int]:
    """The trials from which it, or any attempt at it, was to start."""
    before = (attempt.restore for attempt in trial.attempts)
    return {*trial.restore, *(parent for restore in before for parent in restore)}


def _nameable(x: Experiment) -> Iterator[int]:
    """Trials that the tuner knows the end of and has not ruled out as parents."""
    barred, untold = x.retention.barred, x.untold
    for trial in x.trials:
        if trial.state.is_verdict and trial.id not in barred and trial.id not in untold:
            yield trial.id


def _reach(x: Experiment, trials: Iterable[int]) -> set[int]:
    """Whose weights may be read by somebody who names one of `trials` as a parent.

    A parent may turn out to be lost at any time, damaged for instance, and its ancestor too.
    """
    reached = set(trials)
    if x.rules.on_parent_failure is OnParentFailure.ANCESTOR:
        pending = list(reached)
        while pending:
            new = set(x.trials[pending.pop()].parents) - reached
            reached |= new
            pending += new
    return reached


def _lineage(trials: Sequence[Trial], trial: int) -> set[int]:
    """A trial and all from whose weights its own came."""
    line, pending = {trial}, [trial]
    while pending:
        new = sources(trials[pending.pop()]) - line
        line |= new
        pending += new
    return line
