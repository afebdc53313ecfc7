"""The files of one experiment on the controller's disk."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class ExperimentDir:
    """The directory of one experiment under HEIRLOOM_HOME."""

    path: Path

    @property
    def name(self) -> str:
        """The experiment's name."""
        return self.path.name

    @property
    def journal(self) -> Path:
        """The journal's database."""
        return self.path / "journal.db"

    @property
    def config(self) -> Path:
        """The experiment file, with every default filled in when the experiment was created."""
        return self.path / "experiment.yml"

    @property
    def inventory(self) -> Path:
        """The inventory, if the experiment file contains one."""
        return self.path / "inventory.yml"

    @property
    def lock_file(self) -> Path:
        """The lock of the experiment's controller (controller/state/lock.py)."""
        return self.path / "lock"

    @property
    def controller_log(self) -> Path:
        """The controller's log."""
        return self.path / "controller.log"

    @property
    def tuner_log(self) -> Path:
        """The output of the tuner's process."""
        return self.path / "tuner.log"

    @property
    def checkpoint(self) -> Path:
        """The directory in which a tuner with NNI's interface keeps its state."""
        return self.path / "checkpoint"

    @property
    def exporters(self) -> Path:
        """Locks, logs and statuses of its exporters (controller/state/exporters.py)."""
        return self.path / "exporters"

    @property
    def report(self) -> Path:
        """The report's page."""
        return self.path / "report.html"

    @property
    def inbox(self) -> Path:
        """Requests of the user's other processes to the controller (controller/state/inbox.py)."""
        return self.path / "inbox"

    @property
    def draft_root(self) -> Path:
        """The path of its directory on the store, while it is being created."""
        return self.path / "root.new"

    @property
    def is_complete(self) -> bool:
        """Whether the experiment was created completely: its journal is written last."""
        return self.journal.is_file()

    def discard(self) -> None:
        """Remove the directory of an experiment that could not be created."""
        shutil.rmtree(self.path, ignore_errors=True)
