"""The mailbox on the store: messages of supervisors, held until they are journaled."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Sequence
from pathlib import Path

from controller.store.mail.maildir import Maildir
from controller.store.mail.messages import SupervisorMessage, parse_message
from heirloom.store.files import Files

BATCH = 200  # messages taken at once


class Mailbox:
    """mail/{new,done,bad}.

    A message that is held is not received again. A message that was sent twice is received twice.
    """

    def __init__(self, mail: Path, files: Files) -> None:
        self._files = files
        self._maildir = Maildir(str(mail), files, parse_message, "mail")
        self._done = f"{mail}/done"

    def receive(self) -> list[SupervisorMessage]:
        """New messages by name, so that `began` precedes `ended`. Raises OSError."""
        return [message for _, message in self._maildir.receive(BATCH)]

    def hold(self, names: Iterable[str]) -> None:
        """Do not receive these messages again: they will be journaled."""
        self._maildir.hold(names)

    def acknowledge(self, names: Sequence[str]) -> None:
        """Move journaled messages to `done`. Raises OSError; then call it again."""
        for name in names:
            if self._maildir.is_held(name):
                with contextlib.suppress(FileNotFoundError):
                    self._files.rename(f"{self._maildir.new}/{name}", f"{self._done}/{name}")
                self._maildir.release(name)
