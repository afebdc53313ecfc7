"""Which weights a trial starts from when a parent left none."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from controller.core.model import Inherit, OnParentFailure, Rules, Trial


@dataclass(frozen=True, slots=True)
class Skip:
    """The trial cannot run. The reason names the parent."""

    reason: str


def is_lost(trial: Trial) -> bool:
    """Whether the trial has ended and no trial can start from its weights."""
    return trial.state.is_verdict and not trial.inheritable


def chooses_nearest(rules: Rules, trial: Trial) -> bool:
    """Whether the core chooses the trial's parent, when the trial is placed."""
    return rules.inherit is Inherit.NEAREST and not trial.parents


def standing(trials: Sequence[Trial], parents: Sequence[int]) -> tuple[int, ...]:
    """Those of the parents whose weights a trial can start from."""
    return tuple(parent for parent in parents if trials[parent].inheritable)


def is_undecided(trials: Sequence[Trial], trial: Trial) -> bool:
    """Whether the nearest trial is to be chosen: the first time, or because its weights are gone.

    All attempts of a trial, and of one that repeats it, start from the same weights as long as
    those stand, or all from nothing.
    """
    earlier = trial.attempts
    if not earlier and trial.retry_of is not None:
        earlier = trials[trial.retry_of].attempts
    return not trial.restore and (not earlier or bool(earlier[-1].restore))


def resolve(
    trials: Sequence[Trial], restore: Sequence[int], policy: OnParentFailure
) -> tuple[int, ...] | Skip:
    """Replace the parents in `restore` that left no weights, following `on_parent_failure`.

    Parents without a verdict stay. `ancestor` replaces a parent by its nearest ancestor that is
    committed or may still be, and drops a parent that has none. `scratch` drops all parents as
    soon as one is lost.
    """
    lost = [parent for parent in restore if is_lost(trials[parent])]
    if not lost:
        return tuple(restore)
    if policy is OnParentFailure.SKIP:
        return Skip(_why(trials[lost[0]]))
    if policy is OnParentFailure.SCRATCH:
        return ()
    kept: dict[int, None] = {}
    for parent in restore:
        ancestor = _nearest(trials, parent)
        if ancestor is not None:
            kept[ancestor] = None
    return tuple(kept)


def without(
    trials: Sequence[Trial], parents: Sequence[int], gone: Collection[int]
) -> tuple[int, ...]:
    """The parents, with each one in `gone` replaced by its nearest ancestor with weights, if any.

    `gone` are trials whose weights were removed when the search had ended, before its budget was
    extended: the tuner could not know that.
    """
    found = [_nearest(trials, parent) if parent in gone else parent for parent in parents]
    return tuple(dict.fromkeys(parent for parent in found if parent is not None))


def _nearest(trials: Sequence[Trial], trial: int) -> int | None:
    level, seen = [trial], {trial}
    while level:
        for candidate in level:
            if not is_lost(trials[candidate]):
                return candidate
        above = [parent for child in level for parent in trials[child].parents]
        level = [parent for parent in dict.fromkeys(above) if parent not in seen]
        seen.update(level)
    return None


def _why(parent: Trial) -> str:
    if parent.damaged:
        nodes = " and ".join(dict.fromkeys(parent.corrupt_on))
        return (
            f"the weights of its parent {parent.id} do not match their manifest (seen on {nodes})"
        )
    if parent.removed:
        return f"the weights of its parent {parent.id} were removed"
    reason = f": {parent.reason}" if parent.reason else ""
    return f"its parent {parent.id} {parent.state} without weights{reason}"
