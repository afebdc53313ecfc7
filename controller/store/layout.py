"""The experiment's root on the store (docs/reference/files.md): its owner and its paths."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import shutil
import socket
import stat
import time
from dataclasses import dataclass
from pathlib import Path

from controller.core.model import attempt_name
from controller.errors import HeirloomError, reason
from heirloom.store.atomic_write import replace_file, sync_directory

FORMAT = 1
_DIRECTORIES = ("attempts", "trials", "code", "runtime", "environments")
_MAIL = ("mail", "mail/tmp", "mail/new", "mail/done")
_SHARED = 0o2770  # of the group; setgid passes the group on to everything in it
_PRIVATE = 0o700


class StoreError(HeirloomError):
    """The store cannot be used."""


@dataclass(frozen=True, slots=True)
class Root:
    """STORE/USER/NAME-ID."""

    path: Path

    @property
    def experiment(self) -> str:
        """The experiment's full name, as in manifests and mail: `digits-3fa92c1b`."""
        return self.path.name

    @property
    def store(self) -> Path:
        """The store itself."""
        return self.path.parent.parent

    @property
    def attempts(self) -> Path:
        """The directories of attempts."""
        return self.path / "attempts"

    @property
    def trials(self) -> Path:
        """The verdicts."""
        return self.path / "trials"

    @property
    def mail(self) -> Path:
        """The mailbox."""
        return self.path / "mail"

    @property
    def code(self) -> Path:
        """Snapshots of the trial's code directory, by digest."""
        return self.path / "code"

    @property
    def runtime(self) -> Path:
        """Snapshots of the package `heirloom`, by digest."""
        return self.path / "runtime"

    def attempt(self, trial: int, number: int) -> Path:
        """The directory of one attempt."""
        return self.attempts / attempt_name(trial, number)

    def trial(self, trial: int) -> Path:
        """The directory of a trial's verdict."""
        return self.trials / str(trial)

    def weights(self, trial: int) -> Path:
        """The trial's committed weights."""
        return Path(self.weights_text(trial))

    def weights_text(self, trial: int) -> str:
        """The same as text. A list of many trials takes a tenth of the time with it."""
        return f"{self.path}/trials/{trial}/weights"


def create(store: Path, user: str, name: str, id: str) -> Root:
    """Create the root of a new experiment, exclusively. `id` makes its name unique.

    The group shares it if the store is setgid; otherwise it is private. Raises StoreError, and then
    leaves nothing behind but the store and the user's directory.
    """
    _refuse_invalid(user, name, id)
    path, mode = take(store, user, f"{name}-{id}")
    root = Root(path)
    try:
        for directory in _DIRECTORIES + _MAIL:
            _make(root.path / directory, mode)
        _sign(root, user, name, id)
    except OSError as error:
        shutil.rmtree(root.path, ignore_errors=True)
        raise _unusable(root.path, error) from None
    return root


def take(store: Path, user: str, name: str) -> tuple[Path, int]:
    """Create STORE/USER/NAME, exclusively. Returns it, and the mode for directories in it.

    Raises StoreError.
    """
    _refuse_invalid(user, name)
    store = store.absolute()
    mode = _prepare(store)
    owner = store / user
    path = owner / name
    try:
        _make(owner, mode, exist_ok=True)
        _make(path, mode)
    except FileExistsError:
        raise StoreError(f"{path} exists already: it belongs to another experiment") from None
    except OSError as error:
        raise _unusable(owner, error) from None
    return path, mode


def discard(root: Root) -> None:
    """Remove a new root that no trial has used."""
    remove(root.path)


def remove(tree: Path) -> None:
    """Remove a directory tree as far as this user may, read-only directories included."""
    for directory, _, _ in os.walk(tree):
        with contextlib.suppress(OSError):
            Path(directory).chmod(0o700)
    shutil.rmtree(tree, ignore_errors=True)


def find(path: Path) -> Root:
    """The root of an existing experiment. Raises StoreError when it is not there."""
    try:
        signature = json.loads((path / "experiment.json").read_text(encoding="utf-8"))
        found = signature["format"]
    except OSError as error:
        raise StoreError(
            f"cannot read {path / 'experiment.json'}: {reason(error)}: is the store mounted?"
        ) from None
    except (ValueError, KeyError, TypeError):
        raise StoreError(f"{path / 'experiment.json'} is damaged") from None
    if found != FORMAT:
        raise StoreError(
            f"{path} has format {found!r}, and this version of Heirloom knows {FORMAT}: "
            "resume it with the version that made it"
        )
    return Root(path)


def _refuse_invalid(*names: str) -> None:
    for name in names:
        if not name or "/" in name or "\0" in name or name.startswith("."):
            raise StoreError(f"{name!r} cannot be part of a directory's name on the store")


def _prepare(store: Path) -> int:
    """Create the store if its parent exists. Returns the mode for directories in it."""
    try:
        with contextlib.suppress(FileExistsError):
            store.mkdir(mode=_PRIVATE)
        found = store.stat().st_mode
    except FileNotFoundError:
        raise StoreError(
            f"the store {store} cannot be created, since {store.parent} does not exist: "
            "mount or create it, or name another store"
        ) from None
    except OSError as error:
        raise _unusable(store, error) from None
    if not stat.S_ISDIR(found):
        raise StoreError(f"the store {store} is not a directory: name another one")
    return _SHARED if found & stat.S_ISGID else _PRIVATE


def _make(directory: Path, mode: int, *, exist_ok: bool = False) -> None:
    try:
        directory.mkdir(mode=mode)
    except FileExistsError:
        if exist_ok and directory.is_dir():
            return
        raise
    directory.chmod(mode)  # mkdir applied the umask


def _sign(root: Root, user: str, name: str, id: str) -> None:
    """Write experiment.json, and make the root's name durable."""
    signature = {
        "format": FORMAT,
        "name": name,
        "id": id,
        "user": user,
        "host": socket.gethostname(),
        "created_at": time.time(),
    }
    path = root.path / "experiment.json"
    replace_file(str(path), json.dumps(signature).encode(), durable=True)
    path.chmod(0o640)  # open applied the umask
    for directory in (root.path.parent, root.store):
        sync_directory(str(directory))


def _unusable(path: Path, error: OSError) -> StoreError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StoreError(f"the store is full: cannot write {path}: {reason(error)}")
    return StoreError(
        f"cannot write {path}: {reason(error)}: make the store writable for you, or name another"
    )
