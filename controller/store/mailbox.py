"""The mailbox as the controller reads it: new mail, held until journaled, then done."""

from __future__ import annotations

import contextlib
import errno
import json
import logging
from collections.abc import Iterable, Sequence
from pathlib import Path

from controller.store.messages import MalformedError, SupervisorMessage, parse_message
from heirloom.store.files import NO_FILE, Files

SIZE_LIMIT = 64 * 1024  # bytes of one message
BATCH = 200  # messages taken at one look
_NO_MESSAGE = (errno.EFBIG, *NO_FILE)
_log = logging.getLogger(__name__)


class Mailbox:
    """mail/{new,done,bad}. What is no message of an attempt is moved to `bad` and named in the log.

    A message that was taken and held is not seen again until it is done; one that comes twice is
    seen twice.
    """

    def __init__(self, mail: Path, files: Files) -> None:
        self._files = files
        self._new, self._done, self._bad = f"{mail}/new", f"{mail}/done", f"{mail}/bad"
        self._held: set[str] = set()
        self._odd: set[str] = set()  # neither to be read nor to be moved

    def look(self) -> list[SupervisorMessage]:
        """New letters by name, so that an attempt's beginning precedes its end. Raises OSError."""
        names = sorted(set(self._files.names(self._new)) - self._held - self._odd)
        found = []
        for name in names[:BATCH]:
            try:
                found.append(self._read(name))
            except FileNotFoundError:
                continue
            except (ValueError, RecursionError) as error:
                self._set_aside(name, error)
            except OSError as error:
                if error.errno in _NO_MESSAGE:
                    self._set_aside(name, error)
                else:
                    _log.info("mail %r cannot be read now: %s", name, error)
        return found

    def hold(self, names: Iterable[str]) -> None:
        """These are on their way into the journal."""
        self._held.update(names)

    def done(self, names: Sequence[str]) -> None:
        """These are in the journal. Raises OSError, and then is to be called again."""
        for name in names:
            if name in self._held:
                with contextlib.suppress(FileNotFoundError):
                    self._files.rename(f"{self._new}/{name}", f"{self._done}/{name}")
                self._held.discard(name)

    def _read(self, name: str) -> SupervisorMessage:
        said = json.loads(self._files.read(f"{self._new}/{name}", SIZE_LIMIT))
        if not isinstance(said, dict):
            raise MalformedError("no JSON object")
        return parse_message(name, said)

    def _set_aside(self, name: str, error: Exception) -> None:
        _log.warning("mail %r moved to %s: %s", name, self._bad, error)
        try:
            with contextlib.suppress(FileExistsError):
                self._files.make_dir(self._bad)
            self._files.rename(f"{self._new}/{name}", f"{self._bad}/{name}")
        except OSError as refused:
            _log.warning("mail %r stays where it is: %s", name, refused)
            self._odd.add(name)
