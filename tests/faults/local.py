"""Faults on this machine: three nodes on localhost, and small disks if mounting is allowed."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import yaml

from controller.tuners.pipe import BOOTSTRAP
from tests.faults import processes, search
from tests.faults.environment import Fault, MissedError
from tests.faults.terminal import Terminal

REPOSITORY = Path(__file__).resolve().parents[2]
NODES = ("a", "b", "c")
_DISK = "192m"  # size of the store's disk, and of the controller's
_SECONDS = 120.0  # for a command
_PAUSE = 0.1  # longest pause of a trial, in seconds


class Local:
    """A home, a store and three nodes under `path`. As root, both are disks."""

    patience = 120.0
    doubted = 0.0

    def __init__(self, path: Path, trials: int, seed: int) -> None:
        self.path = path
        self._flipped: dict[str, float] = {}
        for name in ("home", "store", "code", "run"):
            (path / name).mkdir(parents=True)
        self._disks = [disk for disk in (path / "home", path / "store") if _mount(disk)]
        (path / "code/train.py").write_text(search.TRAIN)
        self.run_dirs = [path / "run" / name for name in NODES]
        for run_dir in self.run_dirs:
            run_dir.mkdir()
        witness = search.trial(str(path / "witness"), _PAUSE)
        experiment = search.experiment(
            trials, seed, {"trial": witness, "store": str(path / "store")}
        )
        (path / "experiment.yml").write_text(yaml.safe_dump(experiment))
        (path / "hosts.yml").write_text(yaml.safe_dump({"trial_nodes": {"hosts": self._hosts()}}))
        self.terminal = Terminal(self, str(path / "experiment.yml"), "-i", str(path / "hosts.yml"))
        kinds = [
            Fault("controller killed", self._kill_controller, ends_controller=True),
            Fault("controller frozen", self._freeze_controller),
            Fault("ansible-playbook killed in a wave", self._kill_wave),
            Fault("supervisor killed", self._kill_supervisor),
            Fault("supervisor and trial frozen", self._freeze_supervisor),
            Fault("trial killed", self._kill_trial),
            Fault("tuner killed", self._kill_tuner, ends_controller=True),
            Fault("a bit of a committed file flipped", self._flip),
            Fault("journal damaged", self._damage_journal, ends_controller=True),
        ]
        if len(self._disks) == 2:
            kinds += [
                Fault("store full", self._fill_store),
                Fault("controller's disk full", self._fill_home, ends_controller=True),
            ]
        self.faults = {fault.kind: fault for fault in kinds}

    def close(self) -> None:
        """End what still runs, and unmount the disks."""
        self.terminal.kill()
        for process in self._left():
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        for disk in self._disks:
            subprocess.run(["umount", "--lazy", disk], check=True)

    # The protocol Environment

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Start the controller."""
        return subprocess.Popen(
            [sys.executable, "-m", "controller", *words],
            cwd=REPOSITORY,
            env=os.environ | {"HEIRLOOM_HOME": str(self.path / "home"), "COLUMNS": "200"},
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def command(self, *words: str) -> tuple[int, str]:
        """Run a command to its end."""
        with self.start(*words) as process:
            output, _ = process.communicate(timeout=_SECONDS)
        return process.returncode, output

    def enough(self) -> None:
        """Nothing to do: the budget ends the search."""

    @property
    def root(self) -> Path | None:
        """The experiment's directory on the store, or None before it exists."""
        found = [path.parent for path in (self.path / "store").glob("*/*/trials")]
        return found[0] if found else None

    def manifests(self) -> dict[int, str] | None:
        """Every manifest on the store."""
        if self.root is None:
            return {}
        found = {}
        for path in self.root.glob("trials/*/manifest.json"):
            found[int(path.parent.name)] = path.read_text()
        return found

    def wrong_files(self) -> dict[int, list[str]]:
        """Committed files that differ from their manifests."""
        wrong = {}
        for trial, text in (self.manifests() or {}).items():
            weights = self.path_of(trial)
            bad = [
                entry["path"]
                for entry in json.loads(text)["files"]
                if _digest(weights / entry["path"]) != entry["digest"]
            ]
            if bad:
                wrong[trial] = bad
        return wrong

    def path_of(self, trial: int) -> Path:
        """The directory of a trial's weights."""
        assert self.root is not None
        return self.root / f"trials/{trial}/weights"

    def witnessed(self) -> list[dict[str, Any]]:
        """The witness lines of trial processes."""
        with contextlib.suppress(FileNotFoundError):
            lines = (self.path / "witness").read_text().splitlines()
            return [json.loads(line) for line in lines]
        return []

    def leftovers(self) -> list[str]:
        """Remaining processes and taken slots."""
        found = [f"process {process.pid} lives" for process in self._left()]
        for slot in self.path.glob("run/*/slots/*"):
            with slot.open() as file:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    found.append(f"slot {slot} is taken")
        return found

    def flipped(self) -> dict[str, float]:
        """Committed files that a fault changed."""
        return self._flipped

    def _hosts(self) -> dict[str, dict[str, Any]]:
        return {
            run_dir.name: {
                "ansible_connection": "local",
                "ansible_python_interpreter": sys.executable,
                "heirloom_run_dir": str(run_dir),
                "heirloom_slots": 1,
                "heirloom_store": str(self.path / "store"),
            }
            for run_dir in self.run_dirs
        }

    def _left(self) -> list[psutil.Process]:
        return processes.trials(self.path / "store") + processes.supervisors(self.run_dirs)

    # The faults

    def _controller(self) -> psutil.Process:
        pid = self.terminal.pid
        if pid is None:
            raise MissedError("there was no controller")
        return psutil.Process(pid)

    def _kill_controller(self, rng: random.Random) -> str:
        self._controller().kill()
        self.terminal.join()
        time.sleep(rng.choice([0.0, rng.uniform(0, 4)]))
        return "started again after a while"

    def _freeze_controller(self, rng: random.Random) -> str:
        return _freeze([self._controller()], rng.uniform(2, 8))

    def _kill_wave(self, rng: random.Random) -> str:
        controller = self._controller().pid
        found = processes.hit(lambda: processes.children(controller, "ansible-playbook"), rng)
        found.kill()
        return f"process {found.pid}"

    def _kill_supervisor(self, rng: random.Random) -> str:
        found = processes.hit(lambda: processes.supervisors(self.run_dirs), rng)
        found.kill()
        return f"process {found.pid}"

    def _freeze_supervisor(self, rng: random.Random) -> str:
        found = processes.hit(lambda: processes.supervisors(self.run_dirs), rng)
        return _freeze([found, *found.children(recursive=True)], rng.uniform(2, 8))

    def _kill_trial(self, rng: random.Random) -> str:
        found = processes.hit(lambda: processes.trials(self.path / "store"), rng)
        found.kill()
        return f"process {found.pid}"

    def _kill_tuner(self, rng: random.Random) -> str:
        controller = self._controller().pid
        found = processes.hit(lambda: processes.children(controller, str(BOOTSTRAP)), rng)
        found.kill()
        self.terminal.join()  # trials under way end first
        return f"process {found.pid}"

    def _flip(self, rng: random.Random) -> str:
        """Flip a bit in a file of one of the newest trials, which may still have children."""
        candidates = [
            manifest
            for manifest in map(json.loads, (self.manifests() or {}).values())
            if manifest["files"] and not self._is_flipped(manifest)
        ]
        if not candidates:
            raise MissedError("nothing was committed yet")
        manifest = max(candidates[-6:], key=lambda manifest: manifest["value"] + rng.random())
        entry = rng.choice(manifest["files"])
        path = self.path_of(manifest["trial"]) / entry["path"]
        offset, bit = rng.randrange(64, entry["size"]), 1 << rng.randrange(8)
        with path.open("r+b") as file:
            file.seek(offset)
            [byte] = file.read(1)
            file.seek(offset)
            file.write(bytes([byte ^ bit]))
        self._flipped[entry["digest"]] = time.time()
        return f"trial {manifest['trial']}, {entry['path']}, byte {offset}"

    def _is_flipped(self, manifest: dict[str, Any]) -> bool:
        return any(entry["digest"] in self._flipped for entry in manifest["files"])

    def _fill_store(self, rng: random.Random) -> str:
        return _full(self.path / "store", rng)

    def _fill_home(self, rng: random.Random) -> str:
        return _full(self.path / "home", rng)

    def _damage_journal(self, rng: random.Random) -> str:
        self._controller().kill()
        self.terminal.join()
        journal = self.path / f"home/experiments/{search.NAME}/journal.db"
        if not journal.exists():
            raise MissedError("there was no journal yet")
        with contextlib.closing(sqlite3.connect(journal)) as database:
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        pages = journal.stat().st_size // 4096
        page = rng.randrange(pages)
        with journal.open("r+b") as file:
            file.seek(4096 * page)
            file.write(rng.randbytes(4096))
        code, output = self.command("resume", search.NAME)
        if code != 2 or f"recover {search.NAME}" not in output:
            raise AssertionError(f"a damaged journal was not refused: exit {code}, {output}")
        code, output = self.command("recover", search.NAME)
        if code:
            raise AssertionError(f"recover: exit {code}, {output}")
        return f"page {page} of {pages}"


def _mount(path: Path) -> bool:
    """Mount a small disk on a directory. Return False where that is not allowed."""
    options = f"size={_DISK},mode=0755"
    command = ["mount", "-t", "tmpfs", "-o", options, "faults", str(path)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def _freeze(found: list[psutil.Process], seconds: float) -> str:
    for process in found:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(signal.SIGSTOP)
    time.sleep(seconds)
    for process in found:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(signal.SIGCONT)
    return f"for {seconds:.1f} s"


def _full(disk: Path, rng: random.Random) -> str:
    ballast = processes.fill(disk)
    seconds = rng.uniform(2, 8)
    try:
        time.sleep(seconds)
    finally:
        ballast.unlink()
    return f"for {seconds:.1f} s"


def _digest(path: Path) -> str:
    return f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"


@contextlib.contextmanager
def local(path: Path, trials: int, seed: int) -> Iterator[Local]:
    """An environment on this machine, removed afterwards."""
    environment = Local(path, trials, seed)
    try:
        yield environment
    finally:
        environment.close()
