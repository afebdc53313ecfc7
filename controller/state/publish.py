"""Make a new experiment exist."""

from __future__ import annotations

from collections.abc import Sequence

from controller.core.events import Event
from controller.errors import LaunchError, reason
from controller.state.experiment_dir import ExperimentDir
from controller.state.home import Home
from controller.state.journal import Journal
from heirloom.store.atomic_write import sync_directory


def publish(directory: ExperimentDir, first: Sequence[Event], home: Home) -> None:
    """Write the journal's first events. A kill before its rename leaves no experiment.

    Raises LaunchError or JournalError.
    """
    draft = directory.path / "journal.new"
    with Journal.create(draft) as journal:
        journal.append(first)
    try:
        draft.rename(directory.journal)
        directory.draft_root.unlink()
        for path in (directory.path, directory.path.parent, home.path):
            sync_directory(str(path))
    except OSError as error:
        raise LaunchError(f"cannot write in {directory.path}: {reason(error)}") from None
