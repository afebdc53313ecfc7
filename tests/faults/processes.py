"""Find the processes of a search on this machine."""

from __future__ import annotations

import json
import os
import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil

from tests.faults.environment import MissedError

_PATIENCE = 15.0  # seconds to wait for a target
_LOOK = 0.02


def hit(find: Callable[[], list[psutil.Process]], rng: random.Random) -> psutil.Process:
    """Wait until `find` finds processes, and return one of them. Raises MissedError."""
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        if found := find():
            time.sleep(rng.uniform(0.0, 0.3))  # so that it is hit at any point of its work
            alive = [process for process in found if process.is_running()]
            if alive:
                return rng.choice(alive)
        time.sleep(_LOOK)
    raise MissedError("there was no such process")


def children(of: int, word: str) -> list[psutil.Process]:
    """The descendants of a process that have a word in their command line."""
    found = []
    try:
        for process in psutil.Process(of).children(recursive=True):
            if any(word in part for part in _words(process)):
                found.append(process)
    except psutil.NoSuchProcess:
        pass
    return found


def trials(of: Path) -> list[psutil.Process]:
    """The trial processes that use this store."""
    under = f"{of}/"
    return [each for each in psutil.process_iter() if _save_path(each).startswith(under)]


def supervisors(run_dirs: list[Path]) -> list[psutil.Process]:
    """The living supervisors, according to their claims."""
    found = []
    for claim in _claims(run_dirs):
        try:
            process = psutil.Process(json.loads(claim.read_bytes())["pid"])
        except (OSError, ValueError, KeyError, psutil.NoSuchProcess):
            continue
        if not claim.with_suffix(".ended").exists():
            found.append(process)
    return found


def _claims(run_dirs: list[Path]) -> Iterator[Path]:
    for run_dir in run_dirs:
        yield from run_dir.glob("*/*.claim")


def _words(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def _save_path(process: psutil.Process) -> str:
    try:
        return process.environ().get("HEIRLOOM_SAVE_PATH", "")
    except (psutil.Error, OSError):
        return ""


def fill(directory: Path) -> Path:
    """Fill a file system. Return the file whose removal frees it."""
    ballast = directory / "ballast"
    fd = os.open(ballast, os.O_WRONLY | os.O_CREAT, 0o600)
    size = 1 << 20
    try:
        while size >= 1:
            try:
                os.write(fd, bytes(size))
            except OSError:
                size //= 2
    finally:
        os.close(fd)
    return ballast
