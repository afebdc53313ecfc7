"""The user's local state directory: experiments, the default store, the run directory."""

from __future__ import annotations

import difflib
import os
import pwd
import re
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import platformdirs

from controller.formats import command
from controller.state import mounts
from controller.state.errors import HomeError, cannot_write
from controller.state.experiment_dir import ExperimentDir
from controller.state.lock import is_locked

_ABANDONED = 60.0  # seconds after which no process is still creating an experiment
_FEW = 8  # experiments that a message lists
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class Home:
    """HEIRLOOM_HOME and the directories in it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.experiments = path / "experiments"
        self.store = path / "store"
        self.run = path / "run"

    @classmethod
    def of_user(cls) -> Home:
        """HEIRLOOM_HOME, else `heirloom` under the XDG state directory. Creates nothing.

        Raises HomeError where there is no such place: an unknown user, or one without a home.
        """
        chosen = os.environ.get("HEIRLOOM_HOME")
        try:
            path = Path(chosen or platformdirs.user_state_path("heirloom", appauthor=False))
            return cls(_normal(path.expanduser().absolute()))
        except RuntimeError:  # pathlib's: there is no such user, or none with a home directory
            where = f"HEIRLOOM_HOME is {chosen}" if chosen else "HEIRLOOM_HOME is not set"
            raise HomeError(
                f"{where}, and there is no such home directory: set it to a directory on a local "
                "disk"
            ) from None

    def of_tryouts(self) -> Home:
        """This home with the try-outs of `check --run` for its experiments."""
        found = Home(self.path)
        found.experiments = self.path / "tryouts"
        return found

    def prepare(self) -> None:
        """Create the directories. Raises HomeError."""
        refuse_network(self.path)
        for path in (self.path, self.experiments):
            try:
                path.mkdir(mode=0o700, parents=True, exist_ok=True)
            except OSError as error:
                raise cannot_write(path, error) from None

    def take_name(self, name: str, *, exact: bool = False) -> ExperimentDir:
        """Create the directory of a new experiment, exclusively.

        A taken name becomes `name-2`, `name-3`, …; with `exact` it raises HomeError instead.
        """
        if not _NAME.fullmatch(name):
            raise HomeError(
                f"{name!r} cannot name an experiment: use up to 64 letters, digits, '.', '_' and "
                "'-', beginning with a letter or a digit"
            )
        self.prepare()
        for candidate in _candidates(name):
            directory = ExperimentDir(self.experiments / candidate)
            if is_abandoned(directory):
                directory.discard()
            try:
                directory.path.mkdir(mode=0o700)
                return directory
            except FileExistsError:
                if exact:
                    raise HomeError(
                        f"there is already an experiment named {name} ({directory.path}): choose "
                        f"another --name, or continue it with `{command('resume', name)}`"
                    ) from None
            except OSError as error:
                raise cannot_write(directory.path, error) from None
        raise AssertionError("the candidates never end")

    def find(self, name: str) -> ExperimentDir:
        """The experiment of this name. Raises HomeError when there is none."""
        directory = ExperimentDir(self.experiments / name)
        if not _NAME.fullmatch(name) or not directory.is_complete:
            raise HomeError(
                f"no experiment named {name!r} under {self.experiments}: {self._suggestion(name)}"
            )
        return directory

    def _suggestion(self, name: str) -> str:
        """Names like the one that does not exist; else all of them, as far as they are few."""
        known = [place.name for place in self.list()]
        stem = Path(name).stem.lower()
        by_lower = {each.lower(): each for each in known}
        near = difflib.get_close_matches(stem, by_lower, 3)
        if near:
            return f"did you mean {' or '.join(by_lower[each] for each in near)}?"
        if not known:
            return "there is none yet"
        if len(known) > _FEW:
            return f"`{command('status')}` lists those that exist"
        return f"those that exist are {', '.join(known)}"

    def list(self) -> list[ExperimentDir]:
        """Every experiment, by name."""
        try:
            directories = [ExperimentDir(p) for p in sorted(self.experiments.iterdir())]
            return [directory for directory in directories if directory.is_complete]
        except FileNotFoundError:
            return []
        except OSError as error:
            raise cannot_write(self.experiments, error) from None


def _normal(path: Path) -> Path:
    """The path without `..`, which is taken after symbolic links, and without a second slash."""
    return path.resolve() if ".." in path.parts else Path("/" + str(path).lstrip("/"))


def user_name() -> str:
    """The name of this process's user; the number if no database has it, as in some containers."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())


def refuse_network(path: Path) -> None:
    """Raise HomeError when `path` is on a network file system, where SQLite's locks fail."""
    found = mounts.file_system_type(path)
    if found in mounts.NETWORK:
        raise HomeError(
            f"{path} lies on a network file system ({found}), where the journal is not safe: set "
            "HEIRLOOM_HOME to a directory on a local disk (the store may stay on the network)"
        )


def is_abandoned(directory: ExperimentDir) -> bool:
    """Whether a process that created the experiment was killed before it was complete."""
    try:
        age = time.time() - directory.path.stat().st_mtime
    except OSError:
        return False
    return age > _ABANDONED and not directory.is_complete and not is_locked(directory)


def _candidates(name: str) -> Iterator[str]:
    yield name
    yield from (f"{name}-{number}" for number in count(2))
