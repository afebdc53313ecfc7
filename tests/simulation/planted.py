"""Bugs planted in the program, one at a time, to show that the simulation detects them.

`python -m tests.simulation.planted` prints how many runs it takes to catch each.
"""

from __future__ import annotations

import contextlib
import dataclasses
import sys
from collections.abc import Callable, Iterator
from typing import Any, cast
from unittest import mock

from controller.core import decisions, gc
from controller.core.decisions import Decisions
from controller.core.events import Closed, RemovalAsked, Removed
from controller.core.model import State, Trial
from controller.core.nearest import Nearest
from controller.core.search import Conclusion
from controller.core.state import ExperimentState
from controller.core.transitions import verdicts
from controller.engine.loop import Loop
from controller.store.gc import Removal
from controller.store.verdicts import Verdicts
from heirloom.node import supervisor
from heirloom.node.attempt_ended import AttemptEnded
from heirloom.node.spec import Spec
from heirloom.objective import Constraint
from heirloom.store import digests, manifest
from heirloom.store.checkpoints import restoring
from heirloom.store.checkpoints.listing import Checkpoint, list_checkpoints
from heirloom.store.commits import commit
from heirloom.store.manifest import Manifest
from tests.simulation.planted_tuners import PLANTED_IN_TUNERS
from tests.simulation.world.lab import run_lab
from tests.simulation.world.methods import method_of
from tests.simulation.world.rules import Violation
from tests.simulation.world.trial import TrialProcess

LIMIT = 1000  # runs within which each must be caught

Plant = contextlib.AbstractContextManager[object]


def _no_fsync() -> Plant:
    """Weights are hashed but not fsynced."""

    def measure(files: Any, sizes: Any, *, sync: bool, idle: Any) -> digests.Measured:
        return digests.measure(files, sizes, sync=False, idle=idle)

    return mock.patch.object(commit, "measure", measure)


def _manifest_not_read_after_a_failed_rename() -> Plant:
    """A rename that answered with an error is taken as not done."""

    def appear(files: Any, root: str, source: str, verdict: Manifest) -> Manifest:
        files.rename(source, f"{root}/trials/{verdict.trial}")
        files.sync_dir(f"{root}/trials")
        return verdict

    return mock.patch.object(commit, "_publish", appear)


def _a_late_commit_is_not_noticed() -> Plant:
    """The controller takes its own verdict for the one on the store."""
    settle = Verdicts.settle

    def blind(self: Verdicts, trial: int, state: Any, reason: str) -> Any:
        settle(self, trial, state, reason)
        return self._event(Manifest(self._experiment, trial, str(state), reason))

    return mock.patch.object(Verdicts, "settle", blind)


def _leftovers_go_on() -> Plant:
    """Processes that a trial left behind are not ended before the commit."""
    return mock.patch.object(TrialProcess, "kill_rest", return_value=None)


def _no_digest_check() -> Plant:
    """A child starts without checking its parent's files."""

    def verify(files: Any, root: str, trial: int, pause: Any, idle: Any) -> Manifest:
        while True:
            with contextlib.suppress(OSError, manifest.ManifestError):
                found = manifest.read(files, root, trial)
                if found is not None and not found.weights:
                    raise AttemptEnded("parent", f"trial {trial} {found.state}", trial)
                if found is not None:
                    return found
            pause(1.0)

    return mock.patch.object(supervisor, "verify_parent", verify)


def _journal_too_late() -> Plant:
    """Events are journaled one turn after they are carried out."""
    return _with_journal(_LateJournal)


def _with_journal(kind: type[_LateJournal]) -> Plant:
    make = Loop.__init__

    def late(self: Loop, experiment: Any, journal: Any, **parts: Any) -> None:
        make(self, experiment, cast("Any", kind(journal)), **parts)

    return mock.patch.object(Loop, "__init__", late)


class _LateJournal:
    def __init__(self, journal: Any) -> None:
        self._journal = journal
        self._late: list[Any] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._journal, name)

    def append(self, events: Any) -> None:
        late, self._late = [*self._late, *events], []
        if not any(isinstance(event, Closed) for event in events):
            late, self._late = late[: -len(events) or None], list(events)
        self._journal.append(late)


def _own_verdict_not_read() -> Plant:
    """A supervisor does not read its trial's verdict before it starts the process."""
    read = manifest.read

    def blind(files: Any, root: str, trial: int) -> Manifest | None:
        node = files.host
        started = node.lab.schedule.running.name in node.processes
        return read(files, root, trial) if started else None

    blinded = mock.Mock(wraps=manifest, read=blind)
    return mock.patch.object(supervisor, "manifest", blinded)


def _removal_ignores_waiting_trials() -> Plant:
    """Weights are removed although a waiting or running trial starts from them."""
    return mock.patch.object(gc, "_readers", return_value=())


def _removal_ignores_the_tuner() -> Plant:
    """Weights are removed although the tuner may still name their trial as a parent."""
    return mock.patch.object(gc, "_nameable", return_value=())


def _removal_before_the_journal() -> Plant:
    """The decision to remove weights is journaled one turn after it is carried out."""
    return _with_journal(_LateRemovals)


class _LateRemovals(_LateJournal):
    def append(self, events: Any) -> None:
        late, self._late = self._late, [e for e in events if isinstance(e, RemovalAsked)]
        self._journal.append([*late, *(e for e in events if not isinstance(e, RemovalAsked))])


def _failed_removal_counts_as_done() -> Plant:
    """A removal that fails is taken as done."""
    step = Removal.step

    def careless(self: Removal, now: float) -> Any:
        try:
            return step(self, now)
        except OSError:
            self._steps.pop()
            return Removed(at=now, trials=tuple(self.trials), attempts=tuple(self.attempts))

    return mock.patch.object(Removal, "step", careless)


def _trials_start_in_a_pause() -> Plant:
    """Attempts are placed and proposals are requested although the search is paused."""
    steps = Decisions._placements, Decisions._search

    def careless(step: Any) -> Any:
        def decide(self: Decisions, now: float) -> Any:
            paused, self._x.paused = self._x.paused, None
            yield from step(self, now)
            self._x.paused = paused

        return decide

    places, search = map(careless, steps)
    return mock.patch.multiple(Decisions, _placements=places, _search=search)


def _bounds_are_ignored() -> Plant:
    """A result that is out of bounds counts as one within them."""
    return mock.patch.object(Constraint, "violation", return_value=0.0)


def _shared_weights_count_for_the_best() -> Plant:
    """The value of a trial that is no candidate counts for the best."""

    def careless(trial: Any, objectives: Any) -> Any:
        return objectives.standing(objectives.values(trial.value, trial.values))

    return mock.patch.object(verdicts, "standing_of", careless)


def _drafts_count_as_checkpoints() -> Plant:
    """A later attempt continues from a checkpoint that is not complete."""
    real = list_checkpoints

    def careless(files: Any, directory: str, attempt: int = 0) -> Any:
        drafts = [name for name in _names(files, directory) if name.startswith("draft")]
        found = [Checkpoint(0, attempt, 0, f"{directory}/{name}") for name in drafts]
        return [*real(files, directory, attempt), *found]

    return mock.patch.object(restoring, "list_checkpoints", careless)


def _names(files: Any, directory: str) -> list[str]:
    try:
        return list(files.names(directory))
    except FileNotFoundError:
        return []


def _checkpoints_of_another_trial() -> Plant:
    """An attempt continues from a checkpoint of the trial before."""

    def other(self: Spec, number: int) -> str:
        return f"{self.root}/attempts/{max(0, self.trial - 1)}.{number}"

    return mock.patch.object(Spec, "path_of", other)


def _checkpoints_go_while_an_attempt_lives() -> Plant:
    """Checkpoints are removed although the trial has no verdict."""

    def careless(x: Any) -> Any:
        return tuple(key for key in x.checkpoints.held if key not in x.commands.checkpoints.issued)

    return mock.patch.object(decisions, "unneeded_checkpoints", careless)


def _nearest_ignores_removals() -> Plant:
    """A trial may be chosen as nearest although its weights were removed, or its id is larger."""
    choose = Nearest.choose

    def careless(self: Nearest, trials: Any, trial: Any, standing: Any) -> Any:
        late = dataclasses.replace(trial, id=len(trials))
        return choose(
            Nearest(self._rules), [*trials, late], late, [t.id for t in trials if t.weights]
        )

    return mock.patch.object(Nearest, "choose", careless)


def _last_trials_are_requested_again() -> Plant:
    """What the tuner answered at the end of the budget is forgotten."""

    def forget(self: Conclusion, trials: Any) -> None:
        self.asked = False

    return mock.patch.object(Conclusion, "answer", forget)


def _cancelled_trials_are_not_replaced() -> Plant:
    """A search that has used up its budget does not go on when a user cancels a trial."""
    return mock.patch.object(verdicts, "reopen_if_room")


def _tables_miss_a_state() -> Plant:
    """The tables do not get a trial whose state changed."""

    def set_state(self: ExperimentState, trial: Trial, state: State) -> None:
        self.counts[trial.state] -= 1
        trial.state = state
        self.counts[state] += 1

    return mock.patch.object(ExperimentState, "set_state", set_state)


PLANTED: dict[str, Callable[[], Plant]] = {
    "no fsync": _no_fsync,
    "the manifest is not read after a failed rename": _manifest_not_read_after_a_failed_rename,
    "a late commit is not noticed": _a_late_commit_is_not_noticed,
    "leftover processes go on": _leftovers_go_on,
    "no digest check": _no_digest_check,
    "events are journaled too late": _journal_too_late,
    "its own verdict is not read": _own_verdict_not_read,
    "weights are removed that a waiting trial needs": _removal_ignores_waiting_trials,
    "weights are removed that the tuner may name": _removal_ignores_the_tuner,
    "weights are removed before that is journaled": _removal_before_the_journal,
    "a failed removal counts as done": _failed_removal_counts_as_done,
    "trials start in a pause": _trials_start_in_a_pause,
    "cancelled trials are not replaced": _cancelled_trials_are_not_replaced,
    "bounds of objectives are ignored": _bounds_are_ignored,
    "shared weights count for the best": _shared_weights_count_for_the_best,
    "drafts count as checkpoints": _drafts_count_as_checkpoints,
    "checkpoints of another trial": _checkpoints_of_another_trial,
    "checkpoints go while an attempt lives": _checkpoints_go_while_an_attempt_lives,
    "nearest ignores removals": _nearest_ignores_removals,
    "the last trials are requested again": _last_trials_are_requested_again,
    "the reading tables miss a state": _tables_miss_a_state,
    **{name: plant for name, (_, plant) in PLANTED_IN_TUNERS.items()},
}


def catch(name: str, seeds: Iterator[int]) -> tuple[int, str] | None:
    """The number of runs until a planted bug is caught, and the message; None if it is not.

    A bug of a tuner is looked for in the runs that have this tuner.
    """
    if name in PLANTED_IN_TUNERS:
        method, _ = PLANTED_IN_TUNERS[name]
        seeds = filter(lambda seed: method_of(seed) == method, seeds)
    with PLANTED[name]():
        for count, seed in enumerate(seeds, 1):
            try:
                run_lab(seed)
            except Violation as broken:
                return count, f"seed {seed}: {broken}"
    return None


def main() -> int:
    """Return the exit code: 1 if a bug is not caught."""
    missed = 0
    for name in PLANTED:
        caught = catch(name, iter(range(LIMIT)))
        missed += caught is None
        print(f"{name}: " + ("not caught" if caught is None else f"{caught[0]} runs; {caught[1]}"))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
