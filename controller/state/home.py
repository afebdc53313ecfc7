"""What the controller keeps on its own local disk: a directory for each experiment."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import pwd
import re
import shutil
import socket
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from controller.errors import HeirloomError, reason
from controller.formats import command
from controller.state import mounts

_ABANDONED = 60.0  # seconds after which nobody is still at making an experiment
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class HomeError(HeirloomError):
    """The local state directory cannot be used, or does not hold what was asked for."""


class LockedError(HomeError):
    """Another controller runs the experiment."""


@dataclass(frozen=True, slots=True)
class ExperimentDir:
    """One experiment's directory on the controller's disk."""

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
        """The experiment file as it was resolved when the experiment was made."""
        return self.path / "experiment.yml"

    @property
    def inventory(self) -> Path:
        """The inventory, where the experiment file holds one."""
        return self.path / "inventory.yml"

    @property
    def lock_file(self) -> Path:
        """Flocked by the one controller; says who that is."""
        return self.path / "lock"

    @property
    def controller_log(self) -> Path:
        """The controller's log."""
        return self.path / "controller.log"

    @property
    def tuner_log(self) -> Path:
        """What the tuner's process printed."""
        return self.path / "tuner.log"

    @property
    def checkpoint(self) -> Path:
        """Where a tuner with NNI's interface keeps its state."""
        return self.path / "checkpoint"

    @property
    def report(self) -> Path:
        """The report's page."""
        return self.path / "report.html"

    @property
    def inbox(self) -> Path:
        """Requests of the user's other processes to the controller (controller/state/inbox.py)."""
        return self.path / "inbox"

    @property
    def is_whole(self) -> bool:
        """Whether the experiment was made to the end: what was not has no journal."""
        return self.journal.is_file()

    @property
    def is_abandoned(self) -> bool:
        """Whether somebody began to make the experiment a while ago and was killed over it."""
        try:
            age = time.time() - self.path.stat().st_mtime
        except OSError:
            return False
        return age > _ABANDONED and not self.is_whole and not is_locked(self)

    def discard(self) -> None:
        """Remove an experiment that could not be set up, so that nothing is left half made."""
        shutil.rmtree(self.path, ignore_errors=True)


class Lock:
    """The right to be the one controller of an experiment, held until closed or the process ends.

    Raises LockedError when another process holds it, HomeError when the file cannot be written.
    """

    def __init__(self, place: ExperimentDir) -> None:
        try:
            self._fd = os.open(place.lock_file, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise _unusable(place.lock_file, error) from None
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            holder = {"pid": os.getpid(), "host": socket.gethostname(), "since": time.time()}
            os.ftruncate(self._fd, 0)
            os.pwrite(self._fd, json.dumps(holder).encode(), 0)
        except BlockingIOError:
            os.close(self._fd)
            who = holder_of(place)
            raise LockedError(
                f"experiment {place.name} is already run by another controller ({who}): "
                f"watch it with `{command('status', place.name)}`, "
                f"end it with `{command('stop', place.name)}`"
            ) from None
        except OSError as error:
            os.close(self._fd)
            raise _unusable(place.lock_file, error) from None

    def close(self) -> None:
        """Give the experiment free."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def __enter__(self) -> Lock:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def is_locked(place: ExperimentDir) -> bool:
    """Whether a controller runs the experiment now."""
    try:
        fd = os.open(place.lock_file, os.O_RDONLY)
    except OSError:
        return False
    try:
        # Shared, so that two who only ask do not see each other.
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(fd)
    return False


def holder_of(place: ExperimentDir) -> str:
    """Who took the lock last, in words: `process 4711 on gpu1 since 2024-05-01 10:00:00`."""
    try:
        said = json.loads(place.lock_file.read_text())
        since = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(said["since"]))
        return f"process {said['pid']} on {said['host']} since {since}"
    except (OSError, ValueError, KeyError, TypeError):
        return "it has not said who it is"


class Home:
    """The user's local state: experiments, the default store, the run directory of localhost."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.experiments = path / "experiments"
        self.store = path / "store"
        self.run = path / "run"

    @classmethod
    def of_user(cls, environment: Mapping[str, str] = os.environ) -> Home:
        """HEIRLOOM_HOME, else `heirloom` under the XDG state directory. Touches nothing.

        Source: the XDG base directory specification, which ignores relative paths.
        """
        if chosen := environment.get("HEIRLOOM_HOME"):
            return cls(Path(chosen).expanduser().absolute())
        state = Path(environment.get("XDG_STATE_HOME", ""))
        if not state.is_absolute():
            state = Path("~/.local/state").expanduser()
        return cls(state / "heirloom")

    def prepare(self) -> None:
        """Make the directories. Raises HomeError."""
        refuse_network(self.path)
        for path in (self.path, self.experiments):
            try:
                path.mkdir(mode=0o700, parents=True, exist_ok=True)
            except OSError as error:
                raise _unusable(path, error) from None

    def take_name(self, name: str, *, exact: bool = False) -> ExperimentDir:
        """Make the directory of a new experiment, exclusively.

        A taken name becomes `name-2`, `name-3`, …; with `exact` it raises HomeError instead.
        """
        if not _NAME.fullmatch(name):
            raise HomeError(
                f"{name!r} cannot name an experiment: use up to 64 letters, digits, '.', '_' and "
                "'-', beginning with a letter or a digit"
            )
        self.prepare()
        for candidate in _candidates(name):
            place = ExperimentDir(self.experiments / candidate)
            if place.is_abandoned:
                place.discard()
            try:
                place.path.mkdir(mode=0o700)
                return place
            except FileExistsError:
                if exact:
                    raise HomeError(
                        f"there is already an experiment named {name} ({place.path}): choose "
                        f"another --name, or go on with it by "
                        f"`{command('resume', name)}`"
                    ) from None
            except OSError as error:
                raise _unusable(place.path, error) from None
        raise AssertionError("counted to the end of the numbers")

    def find(self, name: str) -> ExperimentDir:
        """The experiment of this name. Raises HomeError when there is none."""
        place = ExperimentDir(self.experiments / name)
        if not _NAME.fullmatch(name) or not place.is_whole:
            known = ", ".join(p.name for p in self.list()) or "none yet"
            raise HomeError(f"no experiment named {name!r} under {self.experiments} ({known})")
        return place

    def list(self) -> list[ExperimentDir]:
        """Every experiment, by name."""
        try:
            places = [ExperimentDir(p) for p in sorted(self.experiments.iterdir())]
            return [place for place in places if place.is_whole]
        except FileNotFoundError:
            return []
        except OSError as error:
            raise _unusable(self.experiments, error) from None


def user_name() -> str:
    """As whom we run; a number where no database knows it, as in some containers."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())


def refuse_network(path: Path, table: Path = mounts.TABLE) -> None:
    """Raise HomeError when `path` lies on a network file system, where SQLite's locks fail."""
    found = mounts.kind(path, table)
    if found in mounts.NETWORK:
        raise HomeError(
            f"{path} lies on a network file system ({found}), where the journal would not be safe: "
            "set HEIRLOOM_HOME to a directory on a local disk (the store may stay on the network)"
        )


def _candidates(name: str) -> Iterator[str]:
    yield name
    yield from (f"{name}-{number}" for number in count(2))


def _unusable(path: Path, error: OSError) -> HomeError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        advice = "free some space there, or set HEIRLOOM_HOME to another local directory"
    else:
        advice = "set HEIRLOOM_HOME to a local directory that you can write"
    return HomeError(f"cannot write {path}: {reason(error)}: {advice}")
