"""How much training trials inherited from their ancestors.

The own training T of a trial is the time for which the processes of its counted attempts ran. Its
inherited training is I = s · max(T(p) + I(p)) over the parents p whose weights it started from: the
training along the line of ancestors that has most of it. s is the share of its numbers that the
trial says it inherited, 1 where it says nothing. Without parents, and of imported trials, I is 0.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from controller.core.model import Trial
from controller.core.usage.amounts import Amount, Usage, usage_of
from heirloom.store.limits.values import finite


@dataclass(frozen=True, slots=True)
class Inherited:
    """The training that a trial inherited."""

    amount: Amount
    line: tuple[int, ...] = ()  # the ancestors that it is counted along, the nearest first
    is_imported: bool = False  # whether the last of them was imported: its training is not known


@dataclass(frozen=True, slots=True)
class Comparison:
    """The training of a search, and that of its candidates if each had trained alone."""

    trained: Amount  # own training of all trials
    alone: Amount  # own and inherited training, summed over the candidates
    candidates: int
    imported: int  # those of them whose line starts at an imported trial


@dataclass(slots=True)
class _Step:
    """A trial's inherited training, without the line."""

    amount: Amount = field(default_factory=Amount)
    parent: int | None = None
    is_imported: bool = False


class Training:
    """The training of trials that do not change. Each line is followed once.

    Args:
        trials: all trials. They may be loaded when they are asked for.
    """

    def __init__(self, trials: Sequence[Trial]) -> None:
        self._trials = trials
        self._steps: dict[int, _Step] = {}
        self._usages: dict[int, Usage] = {}

    def usage(self, trial: Trial) -> Usage:
        """What one of the trials used."""
        found = self._usages.get(trial.id)
        if found is None:
            found = self._usages[trial.id] = usage_of(trial)
        return found

    def inherited(self, number: int) -> Inherited:
        """What a trial inherited."""
        step = self._step(number)
        return Inherited(step.amount, tuple(self._line(step)), step.is_imported)

    def inherited_seconds(self, number: int) -> float:
        """The time of what a trial inherited."""
        return self._step(number).amount.seconds

    def compare(self) -> Comparison:
        """The training of the whole search."""
        trained, alone, candidates, imported = Amount(), Amount(), 0, 0
        for trial in self._trials:
            if trial.committed_by is None:
                continue
            own = usage_of(trial).counted
            trained.add(own)
            if trial.candidate:
                step = self._step(trial.id)
                alone.add(own)
                alone.add(step.amount)
                candidates += 1
                imported += step.is_imported
        return Comparison(trained, alone, candidates, imported)

    def _line(self, step: _Step) -> Iterator[int]:
        while step.parent is not None:
            yield step.parent
            step = self._steps[step.parent]

    def _step(self, number: int) -> _Step:
        """The step of a trial, after those of its ancestors. Lines may be long: no recursion."""
        pending = [] if number in self._steps else [number]
        while pending:
            trial = self._trials[pending[-1]]
            missing = [parent for parent in _parents(trial) if parent not in self._steps]
            if missing:
                pending += missing
            else:
                self._steps[pending.pop()] = self._step_after(trial)
        return self._steps[number]

    def _step_after(self, trial: Trial) -> _Step:
        """The step of a trial, of whose parents the steps are known."""
        if trial.origin is not None:
            return _Step(is_imported=True)
        best: _Step | None = None
        for parent in _parents(trial):
            amount = Amount()
            amount.add(self.usage(self._trials[parent]).counted)
            amount.add(self._steps[parent].amount)
            if best is None or amount.seconds > best.amount.seconds:
                best = _Step(amount, parent, self._steps[parent].is_imported)
        if best is None:
            return _Step()
        share = inherited_share(trial.result)
        if share < 1.0:
            scaled = Amount()
            scaled.add(best.amount, share)
            best.amount = scaled
        return best


def inherited_share(result: Any) -> float:
    """The share that a trial's result says it inherited, from 0 to 1; 1 where it says nothing.

    Source: the report of `heirloom.torch.inherit`. The result may be any JSON.
    """
    report = result.get("inherited") if isinstance(result, Mapping) else None
    share = report.get("share") if isinstance(report, Mapping) else None
    if share is None or not finite(share):
        return 1.0
    return min(1.0, max(0.0, float(share)))


def _parents(trial: Trial) -> list[int]:
    """The trials whose weights it started from."""
    last = trial.attempts[-1].restore if trial.attempts else ()
    found = trial.restored if trial.state.is_verdict else last
    return [parent for parent in found if parent < trial.id]
