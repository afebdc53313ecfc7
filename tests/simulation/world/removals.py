"""Rule 6, looked after: whose weights may go, judged by what stands on the store."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from controller.core import events as e
from controller.core.experiment import Experiment
from controller.core.gc import kept
from controller.core.model import Keep, OnParentFailure, State, Trial, split_attempt
from heirloom.store.manifest import REMOVED

if TYPE_CHECKING:
    from tests.simulation.world.lab import Lab


class Removals:
    """Watches what is removed in one run. `asked` are the trials whose removal is journaled."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self.asked: set[int] = set()

    # While it runs

    def decided(self, event: e.RemovalAsked) -> None:
        """The journal holds the decision."""
        loop = self._lab.control.loop
        assert loop is not None
        x = loop.experiment
        for trial in event.trials:
            verdict = self._lab.rules.verdicts.get(trial)
            there = verdict is not None and verdict.manifest.weights
            self._hold(there, f"{trial} has no weights, and they are to be removed")
            self._hold(trial not in self._best(x), f"{trial} is to be removed, and it is kept")
            for reader in self._readers(x):
                self._hold(
                    trial not in _reach(x, reader),
                    f"{trial} is to be removed, and may be read by who starts from {reader}",
                )
        self.asked.update(event.trials)

    def begins(self, trial: int) -> None:
        """The weights lose their name."""
        self._lab.story.say("store", f"the weights of {trial} are removed")
        journaled = trial in self.asked
        self._hold(journaled, f"the weights of {trial} go, and the journal does not know of it")
        for node in self._lab.nodes.values():
            for name in node.alive():
                spec = node.claims[name].supervisor.spec
                ended = split_attempt(name)[0] in self._lab.rules.verdicts
                reads = trial in spec.restore and not ended
                self._hold(not reads, f"the weights of {trial} go, and {name} reads them")

    def stand(self, trial: int) -> bool:
        """Whether the weights of a trial that had some have their name still."""
        return self._lab.server.find(f"trials/{trial}/weights") is not None

    # In the end

    def judge(self, x: Experiment) -> None:
        """The experiment is closed."""
        self._hold(x.gc.refused is None, f"the store refuses: {x.gc.refused}")
        with_weights = [trial for trial in x.trials if trial.weights]
        for trial in with_weights:
            self._hold(
                self.stand(trial.id) or trial.removed,
                f"the weights of {trial.id} are gone, and were not to go",
            )
            if trial.removed and trial.id not in x.commands.removals.issued:
                aside = self._lab.server.find(f"trials/{trial.id}/{REMOVED}")
                done = not self.stand(trial.id) and aside is not None and not aside.names
                self._hold(done, f"the removal of {trial.id} is held to be done, and is not")
        if not x.proposals_possible:
            held = kept(x.trials, x.best, x.rules)
            left = [t.id for t in with_weights if t.inheritable and t.id not in held]
            self._hold(not left, f"weights are left that nobody keeps and nobody can read: {left}")

    def _hold(self, holds: bool, words: str) -> None:
        self._lab.rules.hold(6, holds, words)

    def _readers(self, x: Experiment) -> Iterable[Sequence[int]]:
        """What those start from that wait, live, or may yet be proposed."""
        for trial in x.trials:
            if not trial.state.is_verdict:
                yield () if self._starts_from_nothing(x, trial) else trial.parents
                yield from (attempt.restore for attempt in trial.attempts)
            if x.proposals_possible and trial.id not in self._lab.control.tuner.disowned:
                yield (trial.id,)

    def _starts_from_nothing(self, x: Experiment, trial: Trial) -> bool:
        """Whether the loss of one parent has cost it the others."""
        return x.rules.on_parent_failure is OnParentFailure.SCRATCH and any(
            x.trials[parent].state.is_verdict
            and (x.trials[parent].damaged or not x.trials[parent].weights)
            for parent in trial.parents
        )

    def _best(self, x: Experiment) -> set[int]:
        """Whose weights the policy keeps, as the manifests on the store tell."""
        verdicts = self._lab.rules.verdicts
        sign = -1.0 if x.rules.objective.maximize else 1.0
        ranked = [
            trial.id
            for trial in sorted(x.trials, key=lambda trial: sign * (trial.value or 0.0))
            if trial.state is State.SUCCEEDED
        ]
        if x.rules.keep is Keep.BEST:
            return set(ranked[: x.rules.keep_best])
        line, pending = set(ranked[:1]), ranked[:1]
        while pending:
            new = set(verdicts[pending.pop()].manifest.parents) - line
            line |= new
            pending += new
        return line


def _reach(x: Experiment, named: Sequence[int]) -> set[int]:
    """Whose weights may be read by who names these as parents."""
    reached, pending = set(named), list(named)
    while x.rules.on_parent_failure is OnParentFailure.ANCESTOR and pending:
        new = set(x.trials[pending.pop()].parents) - reached
        reached |= new
        pending += new
    return reached
