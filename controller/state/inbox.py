"""Requests of the user's other processes to the running controller: stop, cancel 7, retry 7."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import secrets
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from controller.errors import HeirloomError, reason
from heirloom.store.files import open_file

_LIMIT = 64 * 1024  # bytes of one request
_log = logging.getLogger(__name__)


class InboxError(HeirloomError):
    """A request could not be left for the controller."""


class Inbox:
    """A small maildir on the local disk: written in `tmp`, renamed into `new`, read in order.

    A request stays until `done`, so one that the controller died over is received again.
    """

    def __init__(self, path: Path) -> None:
        self._tmp, self._new, self._bad = path / "tmp", path / "new", path / "bad"
        self._path = path
        self._handed_out: set[str] = set()

    def send(self, request: Mapping[str, Any]) -> str:
        """Leave a request; returns its name. Raises InboxError."""
        # Names sort by time; the random part keeps two senders apart.
        name = f"{time.time_ns():020d}-{secrets.token_hex(4)}.json"
        try:
            for directory in (self._tmp, self._new):
                directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            with (self._tmp / name).open("w") as file:
                json.dump(request, file)
                file.flush()
                os.fsync(file.fileno())
            (self._tmp / name).rename(self._new / name)
        except OSError as error:
            with contextlib.suppress(OSError):
                (self._tmp / name).unlink()
            raise InboxError(f"cannot leave a request in {self._path}: {reason(error)}") from None
        return name

    def receive(self) -> list[tuple[str, dict[str, Any]]]:
        """Requests not handed out yet, oldest first. What is no request is moved to `bad`."""
        try:
            names = sorted(path.name for path in self._new.iterdir())
        except OSError:
            return []
        self._handed_out.intersection_update(names)
        found = []
        for name in names:
            if name in self._handed_out:
                continue
            try:
                request = self._read(self._new / name)
            except (OSError, ValueError, RecursionError) as error:
                self._set_aside(name, error)
            else:
                self._handed_out.add(name)
                found.append((name, request))
        return found

    def done(self, name: str) -> None:
        """Remove a request that is journaled."""
        (self._new / name).unlink(missing_ok=True)
        self._handed_out.discard(name)

    def _read(self, path: Path) -> dict[str, Any]:
        with open(open_file(str(path), os.O_NOFOLLOW), "rb") as file:  # noqa: PTH123 - a descriptor
            data = file.read(_LIMIT + 1)
        if len(data) > _LIMIT:
            raise ValueError(f"more than {_LIMIT} bytes")
        said = json.loads(data)
        if not isinstance(said, dict):
            raise ValueError("no JSON object")
        return said

    def _set_aside(self, name: str, error: Exception) -> None:
        _log.warning("request %r moved to %s: %s", name, self._bad, error)
        try:
            self._bad.mkdir(mode=0o700, exist_ok=True)
            (self._new / name).rename(self._bad / name)
        except OSError:
            self._handed_out.add(name)  # it stays where it is, and is not looked at again
