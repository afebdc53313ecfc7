"""A marker on the store that each node must answer: so all nodes have the same store."""

from __future__ import annotations

import json
import secrets
from pathlib import Path

from controller.errors import reason
from controller.store import layout
from heirloom.node.inspect.marker import ANSWER, MARKER
from heirloom.store.files import RealFiles

_LIMIT = 1 << 12  # bytes of an answer


class Marker:
    """A directory on the store with a token in it, until it is removed.

    Raises StoreError when it cannot be made.
    """

    def __init__(self, store: Path, user: str) -> None:
        self._token = secrets.token_hex(16)
        self._path, _ = layout.take(store, user, f"look-{secrets.token_hex(4)}")
        self.directory = str(self._path.relative_to(store.absolute()))
        self._files = RealFiles()
        marker = str(self._path / MARKER)
        try:
            self._files.write(marker, self._token.encode())
            self._files.chmod(marker, 0o640)
            self._files.sync_dir(str(self._path))
        except OSError as error:
            self.remove()
            raise layout.StoreError(f"cannot write {marker}: {reason(error)}") from None

    def is_answered(self, node: str) -> bool:
        """Whether the node has answered with the token. Raises OSError."""
        try:
            answer = json.loads(self._files.read(str(self._path / f"{ANSWER}{node}"), _LIMIT))
        except (FileNotFoundError, ValueError):
            return False
        return bool(answer == {"token": self._token, "node": node})

    def remove(self) -> None:
        """Remove the marker and the answers."""
        layout.remove(self._path)
