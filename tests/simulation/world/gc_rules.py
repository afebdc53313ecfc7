"""Checks of rule 6: which weights may be removed, judged by the manifests on the store."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from controller.core import events as e
from controller.core.experiment import Experiment
from controller.core.gc import kept
from controller.core.model import Inherit, Keep, OnParentFailure, State, Trial, split_attempt
from heirloom.store.manifest import REMOVED
from tests.simulation.several_objectives import order
from tests.simulation.world.candidates import is_candidate

if TYPE_CHECKING:
    from tests.simulation.world.lab import Lab


class GcRules:
    """Checks the removals of one run. `asked`: the trials whose removal is journaled."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self.asked: set[int] = set()

    # During the run

    def decided(self, event: e.RemovalAsked) -> None:
        """Check a decision that was journaled."""
        loop = self._lab.control.loop
        assert loop is not None
        x = loop.experiment
        best = self._best(x)
        for trial in event.trials:
            verdict = self._lab.rules.verdicts.get(trial)
            there = verdict is not None and verdict.manifest.weights
            self._hold(there, f"{trial} has no weights that could be removed")
            self._hold(trial not in best, f"{trial} is to be removed, but the policy keeps it")
            for reader in self._readers(x):
                self._hold(
                    trial not in _reach(x, reader),
                    f"{trial} is to be removed, but may be read by a child of {reader}",
                )
        self.asked.update(event.trials)

    def begins(self, trial: int) -> None:
        """Check the rename that removes weights."""
        self._lab.trace.write("store", f"the weights of {trial} are removed")
        journaled = trial in self.asked
        self._hold(journaled, f"the weights of {trial} are removed without a journaled decision")
        for node in self._lab.nodes.values():
            for name in node.alive():
                spec = node.claims[name].supervisor.spec
                ended = split_attempt(name)[0] in self._lab.rules.verdicts
                reads = trial in spec.restore and not ended
                self._hold(not reads, f"the weights of {trial} are removed while {name} reads them")

    def has_weights(self, trial: int) -> bool:
        """Whether the weights still have their name."""
        return self._lab.server.find(f"trials/{trial}/weights") is not None

    # At the end

    def judge(self, x: Experiment) -> None:
        """Check the store after the experiment has closed."""
        self._hold(x.gc.refused is None, f"the store refused a removal: {x.gc.refused}")
        with_weights = [trial for trial in x.trials if trial.weights]
        for trial in with_weights:
            self._hold(
                self.has_weights(trial.id) or trial.removed,
                f"the weights of {trial.id} are gone without a decision",
            )
            if trial.removed and trial.id not in x.commands.removals.issued:
                aside = self._lab.server.find(f"trials/{trial.id}/{REMOVED}")
                done = not self.has_weights(trial.id) and aside is not None and not aside.names
                self._hold(done, f"the removal of {trial.id} is reported as done, but is not")
        if not x.proposals_possible:
            held = kept(x.trials, x.best, x.rules)
            left = [t.id for t in with_weights if t.inheritable and t.id not in held]
            self._hold(not left, f"weights are left that are neither kept nor needed: {left}")

    def _hold(self, holds: bool, message: str) -> None:
        self._lab.rules.hold(6, holds, message)

    def _readers(self, x: Experiment) -> Iterable[Sequence[int]]:
        """The parents of all trials that wait, run or may still be proposed."""
        for trial in x.trials:
            if not trial.state.is_verdict:
                yield () if self._starts_from_nothing(x, trial) else trial.parents
                yield from (attempt.restore for attempt in trial.attempts)
            may_name = x.proposals_possible and x.rules.inherit is not Inherit.NONE
            if may_name and trial.id not in self._lab.control.tuner.ruled_out:
                yield (trial.id,)

    def _starts_from_nothing(self, x: Experiment, trial: Trial) -> bool:
        """Whether the trial starts from scratch because one parent is lost."""
        return x.rules.on_parent_failure is OnParentFailure.SCRATCH and any(
            x.trials[parent].state.is_verdict
            and (x.trials[parent].damaged or not x.trials[parent].weights)
            for parent in trial.parents
        )

    def _best(self, x: Experiment) -> set[int]:
        """The trials whose weights the policy keeps, according to the manifests."""
        verdicts = self._lab.rules.verdicts
        objectives = x.rules.objectives
        sign = -1.0 if objectives.first.maximize else 1.0
        ranked = [
            trial.id
            for trial in sorted(x.trials, key=lambda trial: sign * (trial.value or 0.0))
            if trial.state is State.SUCCEEDED and is_candidate(trial.params)
        ]
        if not objectives.is_single:
            ranked = order(x)
        if x.rules.keep is Keep.BEST:
            return set(ranked[: x.rules.keep_best]) | self._latest_shared(x)
        line, pending = set(ranked[:1]), ranked[:1]
        while pending:
            new = set(verdicts[pending.pop()].manifest.parents) - line
            line |= new
            pending += new
        return line | self._latest_shared(x)

    def _latest_shared(self, x: Experiment) -> set[int]:
        """The latest committed trial that is no candidate and whose weights stand."""
        found = [
            trial.id
            for trial in x.trials
            if trial.state is State.SUCCEEDED and not is_candidate(trial.params)
            if self._lab.rules.verdicts[trial.id].manifest.weights
            if not trial.damaged and trial.id not in self.asked
        ]
        return set(found[-1:])


def _reach(x: Experiment, named: Sequence[int]) -> set[int]:
    """The trials whose weights a child of these may read."""
    reached, pending = set(named), list(named)
    while x.rules.on_parent_failure is OnParentFailure.ANCESTOR and pending:
        new = set(x.trials[pending.pop()].parents) - reached
        reached |= new
        pending += new
    return reached
