"""Read a maildir: a sender writes a message in `tmp` and renames it into `new`, complete.

Source: https://cr.yp.to/proto/maildir.html.
"""

from __future__ import annotations

import contextlib
import errno
import json
import logging
from collections.abc import Callable, Iterable
from typing import Any, Generic, TypeVar

from heirloom.store.files import NO_FILE, Files

SIZE_LIMIT = 64 * 1024  # bytes of one message
_INVALID = (errno.EFBIG, *NO_FILE)
_log = logging.getLogger(__name__)

Message = TypeVar("Message")


class Maildir(Generic[Message]):
    """The directories `new` and `bad` of a maildir, whose messages are JSON objects.

    `parse(name, content)` raises ValueError for an invalid message. An invalid message, or anything
    else that is not a message, is moved to `bad` and named in the log. `kind` is the word for a
    message in the log.
    """

    def __init__(
        self,
        path: str,
        files: Files,
        parse: Callable[[str, dict[str, Any]], Message],
        kind: str,
    ) -> None:
        self._files, self._parse, self._kind = files, parse, kind
        self.new, self._bad = f"{path}/new", f"{path}/bad"
        self._held: set[str] = set()
        self._immovable: set[str] = set()  # invalid, and cannot be moved to `bad`

    def receive(self, limit: int | None = None) -> list[tuple[str, Message]]:
        """Messages that are not held, with their names, sorted by name. Raises OSError.

        A message that cannot be read now is left for the next call.
        """
        names = set(self._files.names(self.new)) - self._held - self._immovable
        found = []
        for name in sorted(names)[:limit]:
            try:
                found.append((name, self._read(name)))
            except FileNotFoundError:
                continue
            except (ValueError, RecursionError) as error:
                self._set_aside(name, error)
            except OSError as error:
                if error.errno in _INVALID:
                    self._set_aside(name, error)
                else:
                    _log.info("%s %r cannot be read now: %s", self._kind, name, error)
        return found

    def hold(self, names: Iterable[str]) -> None:
        """Do not return these messages again until they are released."""
        self._held.update(names)

    def release(self, name: str) -> None:
        """Return a message again if it is still there."""
        self._held.discard(name)

    def is_held(self, name: str) -> bool:
        """Whether a message is held."""
        return name in self._held

    def _read(self, name: str) -> Message:
        content = json.loads(self._files.read(f"{self.new}/{name}", SIZE_LIMIT))
        if not isinstance(content, dict):
            raise ValueError("not a JSON object")
        return self._parse(name, content)

    def _set_aside(self, name: str, error: Exception) -> None:
        _log.warning("%s %r moved to %s: %s", self._kind, name, self._bad, error)
        try:
            with contextlib.suppress(FileExistsError):
                self._files.make_dir(self._bad)
            self._files.rename(f"{self.new}/{name}", f"{self._bad}/{name}")
        except OSError as refused:
            _log.warning("%s %r stays in %s: %s", self._kind, name, self.new, refused)
            self._immovable.add(name)
