"""Whole searches on this machine: the command line, real waves, real supervisors."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import yaml

from controller.core.events import Created, Event, VerdictSeen
from controller.state.home import Home
from controller.state.journal import Journal
from controller.state.lock import is_locked
from controller.store import layout
from controller.store.layout import Root
from heirloom.store import manifest
from heirloom.store.files import RealFiles
from heirloom.store.manifest import Manifest

SLOTS = 4
NAME = "bench"  # of every search
NO_OP = ["sh", "-c", r'echo {\"value\":1} > "$HEIRLOOM_RESULT"']

_REPOSITORY = Path(__file__).resolve().parent.parent
_WATCH_EVERY = 0.1  # seconds
_END_LIMIT = 60.0  # seconds until a controller that was told to stop has ended
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
    slots: int | Sequence[Mapping[str, Any]] = SLOTS,
    watch: Callable[[psutil.Process], None] | None = None,
) -> Search:
    """Run an experiment (the keys of an experiment file, without its name) to its end.

    Everything lies under `directory`, but for the store of an `inventory`; without one the trials
    run in `slots` of this machine. The directory must not exist, or has a search that has begun:
    that one goes on. `watch` is called ten times a second with the controller's process. If this
    function is interrupted, it ends that process, and trials that run go on. Raises RuntimeError
    when the search does not end well.
    """
    begun = has_begun(directory)
    what = ["resume", NAME] if begun else ["run", str(_write(directory, experiment))]
    inventory = inventory or _this_machine(directory, slots)
    environment = {**os.environ, "HEIRLOOM_HOME": str(directory / "home")}
    arguments = [*what, "--inventory", str(inventory)]
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
        try:
            status = _wait(process, watch)
        except BaseException:
            process.terminate()
            process.wait()
            raise
        seconds = time.monotonic() - began
    if status != 0:
        ending = "\n".join(log.read_text(errors="replace").splitlines()[-5:])
        raise RuntimeError(f"the search ended with exit code {status}: {ending}")
    with Journal.open(Home(directory / "home").find(NAME).journal, readonly=True) as journal:
        events = [event for _, event in journal.read()]
    created = next(event for event in events if isinstance(event, Created))
    return Search(events, Root(Path(created.root)), seconds)


def has_begun(directory: Path) -> bool:
    """Whether a search in the directory was created completely."""
    return any(place.name == NAME for place in Home(directory / "home").list())


def clear(directory: Path, search: Search | None = None) -> None:
    """Remove what a search left, read-only weights included, and what it left on its store."""
    if search is not None:
        layout.remove(search.root.path)
    layout.remove(directory)


def end(directory: Path) -> None:
    """End a search that was interrupted, with its trials, and remove what it left.

    Raises RuntimeError if its controller does not end.
    """
    home = Home(directory / "home")
    if has_begun(directory):
        environment = {**os.environ, "HEIRLOOM_HOME": str(home.path)}
        subprocess.run(
            [sys.executable, "-m", "controller", "stop", NAME],
            cwd=_REPOSITORY,
            env=environment,
            capture_output=True,
            check=False,
        )
        deadline = time.monotonic() + _END_LIMIT
        while is_locked(home.find(NAME)):
            if time.monotonic() > deadline:
                raise RuntimeError(f"the controller of {directory} does not end")
            time.sleep(_WATCH_EVERY)
    layout.remove(directory)


def _write(directory: Path, experiment: Mapping[str, Any]) -> Path:
    (directory / "code").mkdir(parents=True)
    trial = {"code_dir": "code", **experiment["trial"]}
    file = directory / "experiment.yml"
    file.write_text(yaml.safe_dump({"name": NAME, **experiment, "trial": trial}))
    return file


def _this_machine(directory: Path, slots: int | Sequence[Mapping[str, Any]]) -> Path:
    host = {
        "ansible_connection": "local",
        "ansible_python_interpreter": _PYTHON,
        "heirloom_slots": slots if isinstance(slots, int) else list(map(dict, slots)),
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
