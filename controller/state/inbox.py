"""Requests of the user's other processes to the running controller: stop, cancel 7, retry 7."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from controller.errors import HeirloomError, reason
from controller.store.mail.maildir import Maildir
from heirloom.store.atomic_write import replace_file
from heirloom.store.files import RealFiles


class InboxError(HeirloomError):
    """A request could not be sent to the controller."""


class Inbox:
    """A maildir on the local disk, read in the order in which requests were sent.

    A request stays there until `done`: if the controller is killed, it is received again.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._maildir: Maildir[dict[str, Any]] = Maildir(
            str(path), RealFiles(), lambda _, request: request, "request"
        )

    def send(self, request: Mapping[str, Any]) -> str:
        """Send a request; returns its name. Raises InboxError."""
        # Names sort by time; the random part makes them unique.
        name = f"{time.time_ns():020d}-{secrets.token_hex(4)}.json"
        tmp, new = self._path / "tmp", self._path / "new"
        try:
            for directory in (tmp, new):
                directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            data = json.dumps(request).encode()
            replace_file(str(new / name), data, durable=True, draft=str(tmp / name))
        except OSError as error:
            raise InboxError(f"cannot send a request to {self._path}: {reason(error)}") from None
        return name

    def receive(self) -> list[tuple[str, dict[str, Any]]]:
        """Requests that were not received yet, with their names, oldest first.

        A file that is not a request is moved to `bad`.
        """
        try:
            requests = self._maildir.receive()
        except OSError:
            return []
        self._maildir.hold(name for name, _ in requests)
        return requests

    def done(self, name: str) -> None:
        """Remove a request that is journaled."""
        (self._path / "new" / name).unlink(missing_ok=True)
        self._maildir.release(name)
