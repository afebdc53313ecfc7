"""Removes try-outs: one that has ended, and what is left of those whose controller was killed."""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from controller.core import events as e
from controller.core.experiment import Experiment
from controller.dispatch.ansible.inventory import Node
from controller.engine import session as sessions
from controller.engine.assembly import NoTuner, assemble, first_events
from controller.engine.loop import Loop
from controller.engine.messages import MessageQueue
from controller.engine.observer import Situation
from controller.errors import HeirloomError
from controller.state import record as records
from controller.state.experiment_dir import ExperimentDir
from controller.state.home import Home, is_abandoned
from controller.state.lock import Lock, is_locked
from controller.store import layout
from controller.store.layout import Root
from heirloom.store.os_errors import describe

_PATIENCE = 90.0  # seconds that nodes get to end the trials of a try-out


def clean(home: Home, say: Callable[[str], None]) -> None:
    """Remove the try-outs whose controllers were killed. `say` prints a line about each."""
    tryouts = home.of_tryouts()
    if not tryouts.experiments.is_dir():
        return
    for path in sorted(tryouts.experiments.iterdir()):
        place = ExperimentDir(path)
        if is_locked(place) or not (place.is_complete or is_abandoned(place)):
            continue
        try:
            _remove_left(place, tryouts)
        except (HeirloomError, OSError) as error:
            why = describe(error) if isinstance(error, OSError) else error
            say(f"the try-out {place.name}, which was killed, cannot be removed yet: {why}")
        else:
            say(f"removed the try-out {place.name}, which was killed")


def remove(place: ExperimentDir, root: Root, nodes: Iterable[Node]) -> None:
    """Delete a try-out none of whose trials is on a node. Raises HeirloomError."""
    with Lock(place):
        layout.remove(root.path)
        if root.path.exists():
            raise HeirloomError(
                f"{root.path} cannot be removed by this user: remove it as its owner"
            )
        for node in nodes:
            if node.is_local:
                layout.remove(node.run_dir / root.experiment)
        _discard(place)


def _remove_left(place: ExperimentDir, tryouts: Home) -> None:
    if not place.is_complete:  # it was killed while it was created, before any trial
        with contextlib.suppress(FileNotFoundError):
            _remove_draft(place)
        _discard(place)
        return
    root = records.load(place).root
    if root.path.parent.is_dir() and not (root.path / "experiment.json").exists():
        remove(place, root, ())  # its files were removed already, as far as this user may
        return
    with sessions.resume(place.name, tryouts, None, starts_trials=False) as session:
        if session.experiment.on_nodes:
            _stop_trials(session)
        nodes = session.nodes
    remove(place, root, nodes)


def _remove_draft(place: ExperimentDir) -> None:
    """Remove the directory on the store of a try-out that was being created.

    Raises FileNotFoundError if none was noted, other kinds of OSError, and HeirloomError.
    """
    root = Path(os.fsdecode(place.draft_root.read_bytes()))
    if not root.is_absolute() or not root.name.startswith(f"{place.name}-"):
        raise HeirloomError(f"{place.draft_root} is damaged: remove {place.path} yourself")
    if not root.parent.is_dir():
        raise HeirloomError(f"{root.parent} does not exist: is the store mounted?")
    layout.remove(root)


def _stop_trials(session: sessions.PreparedSession) -> None:
    """End the trials on nodes. Raises HeirloomError where that takes too long."""
    post, patience = MessageQueue(), _Patience()
    loop = patience.loop = assemble(
        session, post, NoTuner(), observers=[patience], ask_on_interrupt=lambda _: "leave"
    )
    stop = e.StopAsked(at=time.time(), reason="its try-out was killed")
    if loop.run(first_events(session, [stop])) is None:
        where = {
            session.experiment.trials[trial].attempts[-1].node
            for trial, _ in session.experiment.on_nodes
        }
        raise HeirloomError(f"no answer from {', '.join(sorted(where))}")


class _Patience:
    """Leaves the loop after a while. It is an observer."""

    loop: Loop

    def __init__(self) -> None:
        self._until = time.monotonic() + _PATIENCE

    def tell(self, experiment: Experiment, event: e.Event) -> None:
        """Take no notice."""

    def refresh(self, experiment: Experiment, situation: Situation) -> None:
        """Leave the loop if it is time to."""
        self.loop.leave = self.loop.leave or time.monotonic() > self._until


def _discard(place: ExperimentDir) -> None:
    """Delete the directory, and the one of all try-outs if it is empty."""
    shutil.rmtree(place.path, ignore_errors=True)
    remove_if_empty(place.path.parent)


def remove_if_empty(directory: Path) -> None:
    """Remove the directory of all try-outs if there is none."""
    try:
        directory.rmdir()
    except OSError:  # it is not there, or a try-out is in it
        return
