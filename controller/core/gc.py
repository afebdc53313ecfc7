"""Garbage collection of weights: decide which ones are neither kept nor needed.

Weights are kept by the policy `keep`. They are needed as long as a trial without a verdict, an
attempt on a node, a requested retry or a proposal that the tuner may still make could read them.
All functions only read the state, in time linear in the number of trials; the best of n trials are
found in about n log n.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from controller.core.model import Inherit, Keep, OnParentFailure, Outcome, Rules, State, Trial
from controller.core.ranking import best_trials
from controller.core.state import ExperimentState


def kept(trials: Sequence[Trial], best: int | None, rules: Rules) -> set[int]:
    """The trials whose weights the policy keeps. `best`: the best committed candidate.

    Trials whose weights are damaged or removed do not count among the best. The latest trial that
    is no candidate is kept as well, such as the last generation of shared weights: a search that
    ended goes on from it when its budget is extended.
    """
    if rules.keep is Keep.ALL:
        return {trial.id for trial in trials}
    if rules.keep is Keep.LINEAGE:
        held = set() if best is None else _lineage(trials, best)
    else:
        held = set(best_trials(trials, rules, rules.keep_best))
    return held | _latest_shared(trials)


def questions(x: ExperimentState) -> tuple[int, ...]:
    """The trials about which the tuner must be asked whether it may still name them as parents.

    Those whose weights would be removed otherwise, and with `on_parent_failure: ancestor` their
    descendants, which lead to them.
    """
    leads = _unneeded(x)
    if x.rules.on_parent_failure is OnParentFailure.ANCESTOR:
        for trial in x.trials:  # parents come before their children
            if any(parent in leads for parent in trial.parents):
                leads.add(trial.id)
    return tuple(trial for trial in _nameable(x) if trial in leads)


def garbage(x: ExperimentState) -> tuple[int, ...]:
    """The trials whose weights are neither kept nor needed.

    While proposals are possible, every trial that the tuner has not ruled out may be a parent.
    """
    unneeded = _unneeded(x)
    if not unneeded or not x.proposals_possible:
        return tuple(sorted(unneeded))
    return tuple(sorted(unneeded - _readable(x, _nameable(x))))


def leftovers(x: ExperimentState) -> tuple[tuple[int, int], ...]:
    """Attempts of ended trials that left files beside a commit, which may still exist."""
    cleaned = x.gc.cleaned
    without_commit = tuple(
        (trial.id, attempt.number)
        for trial in x.trials
        if trial.state.is_verdict
        for attempt in trial.attempts
        if attempt.outcome not in (None, Outcome.COMMITTED)
        and (trial.id, attempt.number) not in cleaned
    )
    return tuple(dict.fromkeys((*without_commit, *unneeded_checkpoints(x))))


def unneeded_checkpoints(x: ExperimentState) -> tuple[tuple[int, int], ...]:
    """Attempts of trials that have a verdict, and no attempt on a node, that left checkpoints."""
    issued = x.commands.checkpoints.issued, x.commands.leftovers.issued
    return tuple(
        key
        for key in x.checkpoints.held
        if x.trials[key[0]].state.is_verdict
        and x.trials[key[0]].attempt is None
        and not any(key in stage for stage in issued)
    )


def _unneeded(x: ExperimentState) -> set[int]:
    """Trials whose weights are not kept, and which no trial or requested retry may read.

    Damaged weights are not among them: they stay for inspection.
    """
    needed = kept(x.trials, x.best, x.rules)
    if len(needed) == len(x.trials):
        return set()
    needed |= _readable(x, _readers(x))
    unsent = x.commands.results.due
    return {
        trial.id
        for trial in x.trials
        if trial.inheritable and trial.id not in needed and trial.id not in unsent
    }


def _readers(x: ExperimentState) -> Iterator[int]:
    """Trials that an open trial, an attempt on a node or a retry starts from, or may start from."""
    for trial in x.trials:
        if not trial.state.is_verdict:
            yield trial.id  # a child of this trial may start from its ancestors instead
            yield from sources(trial)
    for on_node, number in x.on_nodes:
        yield from x.trials[on_node].attempts[number - 1].restore
    for source in x.commands.retries.due:
        yield from x.trials[source].parents
    for last in x.conclusion.due:
        yield from (parent for parent in last.parents if 0 <= parent < len(x.trials))
    yield from x.commands.results.due  # the tuner cannot rule these out yet


def sources(trial: Trial) -> set[int]:
    """The trials from which the trial, or any of its attempts, was to start."""
    earlier = (attempt.restore for attempt in trial.attempts)
    return {*trial.restore, *(parent for restore in earlier for parent in restore)}


def _nameable(x: ExperimentState) -> Iterator[int]:
    """Trials whose result the tuner has, and which it has not ruled out as parents."""
    ruled_out, unsent = x.gc.ruled_out, x.commands.results.due
    for trial in x.trials if x.rules.inherit is not Inherit.NONE else ():
        if trial.state.is_verdict and trial.id not in ruled_out and trial.id not in unsent:
            yield trial.id


def _readable(x: ExperimentState, trials: Iterable[int]) -> set[int]:
    """The trials whose weights may be read by a child of one of `trials`.

    With `on_parent_failure: ancestor` that includes all ancestors, since any parent may turn out
    to be damaged.
    """
    reached = set(trials)
    if x.rules.on_parent_failure is OnParentFailure.ANCESTOR:
        pending = list(reached)
        while pending:
            new = set(x.trials[pending.pop()].parents) - reached
            reached |= new
            pending += new
    return reached


def _latest_shared(trials: Sequence[Trial]) -> set[int]:
    """The latest committed trial that is no candidate and from which a trial can start."""
    able = (each.id for each in reversed(trials) if _is_shared(each))
    return {trial for trial in [next(able, None)] if trial is not None}


def _is_shared(trial: Trial) -> bool:
    return not trial.candidate and trial.state is State.SUCCEEDED and trial.inheritable


def _lineage(trials: Sequence[Trial], trial: int) -> set[int]:
    """A trial and all trials from which its weights descend."""
    line, pending = {trial}, [trial]
    while pending:
        new = sources(trials[pending.pop()]) - line
        line |= new
        pending += new
    return line
