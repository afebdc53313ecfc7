"""Whole searches on this machine: the command line, real waves, real supervisors."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import yaml

from controller.core.events import Created, Event, VerdictSeen
from controller.state.home import Home
from controller.state.journal import Journal
from controller.store import layout
from controller.store.layout import Root
from heirloom.store import manifest
from heirloom.store.files import RealFiles
from heirloom.store.manifest import Manifest

SLOTS = 4
NO_OP = ["sh", "-c", r'echo {\"value\":1} > "$HEIRLOOM_RESULT"']

_REPOSITORY = Path(__file__).resolve().parent.parent
_WATCH_EVERY = 0.1  # seconds
_PYTHON = "{{ ansible_playbook_python }}"  # Ansible's own, as in inventory/hosts.yml


@dataclass(frozen=True, slots=True)
class Search:
    """A search that has run to its end, and what it left."""

    events: list[Event]
    root: Root
    seconds: float  # from the start of the controller's process to its end

    @property
    def verdicts(self) -> list[VerdictSeen]:
        """The verdicts in the order in which the journal has them, one a trial."""
        first: dict[int, VerdictSeen] = {}
        for event in self.events:
            if isinstance(event, VerdictSeen):
                first.setdefault(event.trial, event)
        return list(first.values())

    def manifests(self) -> list[Manifest]:
        """The manifest of every trial, read from the store.

        Raises RuntimeError unless each trial was committed by one of its attempts.
        """
        found = []
        for verdict in sorted(self.verdicts, key=lambda seen: seen.trial):
            stands = manifest.read(RealFiles(), str(self.root.path), verdict.trial)
            if stands is None or stands.state != "succeeded" or stands.attempt is None:
                raise RuntimeError(f"trial {verdict.trial} was not committed: {stands}")
            found.append(stands)
        return found


def run(
    directory: Path,
    experiment: Mapping[str, Any],
    inventory: Path | None = None,
    *,
    watch: Callable[[psutil.Process], None] | None = None,
) -> Search:
    """Run an experiment (the keys of an experiment file, without its name) to its end.

    Everything lies under `directory`, which must not exist, but for the store of an `inventory`;
    without one the trials run on this machine. `watch` is called ten times a second
    with the controller's process. Raises RuntimeError when the search does not end well.
    """
    file = _write(directory, experiment)
    inventory = inventory or _this_machine(directory)
    environment = {**os.environ, "HEIRLOOM_HOME": str(directory / "home")}
    arguments = ["run", str(file), "--inventory", str(inventory)]
    log = directory / "output.log"
    with log.open("wb") as output:
        began = time.monotonic()
        process = psutil.Popen(
            [sys.executable, "-m", "controller", *arguments],
            cwd=_REPOSITORY,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
        status = _wait(process, watch)
        seconds = time.monotonic() - began
    if status != 0:
        ending = "\n".join(log.read_text(errors="replace").splitlines()[-5:])
        raise RuntimeError(f"the search ended with exit code {status}: {ending}")
    with Journal.open(Home(directory / "home").find("bench").journal, readonly=True) as journal:
        events = [event for _, event in journal.read()]
    created = next(event for event in events if isinstance(event, Created))
    return Search(events, Root(Path(created.root)), seconds)


def clear(directory: Path, search: Search | None = None) -> None:
    """Remove what a search left, read-only weights included, and what it left on its store."""
    if search is not None:
        layout.remove(search.root.path)
    layout.remove(directory)


def _write(directory: Path, experiment: Mapping[str, Any]) -> Path:
    (directory / "code").mkdir(parents=True)
    trial = {"code_dir": "code", **experiment["trial"]}
    file = directory / "experiment.yml"
    file.write_text(yaml.safe_dump({"name": "bench", **experiment, "trial": trial}))
    return file


def _this_machine(directory: Path) -> Path:
    host = {
        "ansible_connection": "local",
        "ansible_python_interpreter": _PYTHON,
        "heirloom_slots": SLOTS,
        "heirloom_run_dir": str(directory / "run"),  # never /run/heirloom, which lies in memory
    }
    inventory = directory / "hosts.yml"
    inventory.write_text(yaml.safe_dump({"trial_nodes": {"hosts": {"localhost": host}}}))
    return inventory


def _wait(process: psutil.Popen, watch: Callable[[psutil.Process], None] | None) -> int:
    while watch is not None:
        watch(process)
        try:
            return process.wait(_WATCH_EVERY)
        except psutil.TimeoutExpired:
            continue
    return process.wait()
