"""Bugs planted in the program, one at a time, to show that the simulation bites.

`python -m tests.simulation.planted` says how many runs it takes to catch each.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock

from controller.core import gc
from controller.core.events import Closed, RemovalAsked, Removed
from controller.engine.loop import Loop
from controller.store.gc import Removal
from controller.store.verdicts import Verdicts
from heirloom.node import supervisor
from heirloom.node.attempt_ended import AttemptEnded
from heirloom.store import commit, digests, manifest
from heirloom.store.manifest import Manifest
from tests.simulation.world.lab import live
from tests.simulation.world.rules import Violation
from tests.simulation.world.trial import TrialProcess

LIMIT = 1000  # runs in which each must be caught

Plant = contextlib.AbstractContextManager[object]


def _no_fsync() -> Plant:
    """Weights are hashed, and not made durable."""

    def measure(files: Any, sizes: Any, *, sync: bool, idle: Any) -> digests.Measured:
        return digests.measure(files, sizes, sync=False, idle=idle)

    return mock.patch.object(commit, "measure", measure)


def _no_look_after_a_failed_rename() -> Plant:
    """A rename that answered with an error counts as one that did not happen."""

    def appear(files: Any, root: str, source: str, verdict: Manifest) -> Manifest:
        files.rename(source, f"{root}/trials/{verdict.trial}")
        files.sync_dir(f"{root}/trials")
        return verdict

    return mock.patch.object(commit, "_publish", appear)


def _a_late_commit_is_not_seen() -> Plant:
    """The controller holds the verdict that it asked for to be the one that stands."""
    settle = Verdicts.settle

    def blind(self: Verdicts, trial: int, state: Any, reason: str) -> Any:
        settle(self, trial, state, reason)
        return self._seen(Manifest(self._experiment, trial, str(state), reason))

    return mock.patch.object(Verdicts, "settle", blind)


def _leftovers_live_on() -> Plant:
    """What a trial's process left behind is not ended before the commit."""
    return mock.patch.object(TrialProcess, "kill_rest", return_value=None)


def _no_digest_check() -> Plant:
    """A child starts on whatever stands in its parent's place."""

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


def _act_before_the_journal() -> Plant:
    """Events reach the journal a turn later than they are acted on."""
    return _with_journal(_LateJournal)


def _with_journal(kind: type[_LateJournal]) -> Plant:
    make = Loop.__init__

    def late(self: Loop, experiment: Any, journal: Any, **parts: Any) -> None:
        make(self, experiment, kind(journal), **parts)  # type: ignore[arg-type] # a twin

    return mock.patch.object(Loop, "__init__", late)


class _LateJournal:
    def __init__(self, journal: Any) -> None:
        self._journal = journal
        self._late: list[Any] = []

    def append(self, events: Any) -> None:
        late, self._late = [*self._late, *events], []
        if not any(isinstance(event, Closed) for event in events):
            late, self._late = late[: -len(events) or None], list(events)
        self._journal.append(late)


def _no_look_at_its_own_verdict() -> Plant:
    """A supervisor does not see that its trial has ended before it starts the process."""
    read = manifest.read

    def blind(files: Any, root: str, trial: int) -> Manifest | None:
        node = files.host
        started = node.lab.schedule.running.name in node.processes
        return read(files, root, trial) if started else None

    blinded = mock.Mock(wraps=manifest, read=blind)
    return mock.patch.object(supervisor, "manifest", blinded)


def _removal_without_asking_who_waits() -> Plant:
    """Weights go although a trial that waits or lives is to start from them."""
    return mock.patch.object(gc, "_readers", return_value=())


def _removal_without_asking_the_tuner() -> Plant:
    """Weights go although the tuner may yet name their trial as a parent."""
    return mock.patch.object(gc, "_nameable", return_value=())


def _removal_before_the_journal() -> Plant:
    """The decision to remove weights reaches the journal a turn later than it is acted on."""
    return _with_journal(_LateRemovals)


class _LateRemovals(_LateJournal):
    def append(self, events: Any) -> None:
        late, self._late = self._late, [e for e in events if isinstance(e, RemovalAsked)]
        self._journal.append([*late, *(e for e in events if not isinstance(e, RemovalAsked))])


def _what_removal_met_stays() -> Plant:
    """A removal that meets an error counts as done."""
    step = Removal.step

    def careless(self: Removal, now: float) -> Any:
        try:
            return step(self, now)
        except OSError:
            self._steps.pop()
            return Removed(at=now, trials=tuple(self.trials), attempts=tuple(self.attempts))

    return mock.patch.object(Removal, "step", careless)


PLANTED: dict[str, Callable[[], Plant]] = {
    "no fsync": _no_fsync,
    "no look at the manifest after a failed rename": _no_look_after_a_failed_rename,
    "a late commit is not seen": _a_late_commit_is_not_seen,
    "leftover processes live on": _leftovers_live_on,
    "no digest check": _no_digest_check,
    "act before the journal": _act_before_the_journal,
    "no look at its own verdict": _no_look_at_its_own_verdict,
    "weights go that a waiting trial wants": _removal_without_asking_who_waits,
    "weights go that the tuner wants": _removal_without_asking_the_tuner,
    "weights go before that is journaled": _removal_before_the_journal,
    "a removal ends at an error": _what_removal_met_stays,
}


def catch(name: str, seeds: Iterator[int]) -> tuple[int, str] | None:
    """After how many runs a planted bug is caught, and by which words; None if it is not."""
    with PLANTED[name]():
        for count, seed in enumerate(seeds, 1):
            try:
                live(seed)
            except Violation as broken:
                return count, f"seed {seed}: {broken}"
    return None


def main() -> int:
    """The exit code: 1 where a bug is not caught."""
    missed = 0
    for name in PLANTED:
        caught = catch(name, iter(range(LIMIT)))
        missed += caught is None
        print(f"{name}: " + ("not caught" if caught is None else f"{caught[0]} runs; {caught[1]}"))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
