"""A trial's output, kept up to a limit."""

from __future__ import annotations

import contextlib
import os

_TAIL = 64 << 10  # bytes
_LINE = 200  # characters of a line that is quoted
_ROUND = 16  # reads before the caller looks at its clock again


class Log:
    """`output.log`: what comes through a pipe, its head kept and the rest dropped."""

    def __init__(self, path: str, limit: int) -> None:
        """`limit` is in bytes. Raises OSError."""
        self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o660)
        self._room = limit
        self._limit = limit
        self._tail = b""
        self._full = False
        self.ended = False  # whether every writer has closed the pipe

    def drain(self, pipe: int) -> bool:
        """Take what a non-blocking pipe holds, or much of it; whether it holds more now."""
        for _ in range(_ROUND):
            try:
                data = os.read(pipe, 65536)
            except BlockingIOError:
                return False
            if not data:
                self.ended = True
                return False
            self._tail = (self._tail + data)[-_TAIL:]
            self._keep(data)
        return True

    @property
    def last_line(self) -> str:
        """The last line with something in it, at most 200 characters."""
        said = [line for line in self.lines if line.strip()]
        return quoted(said[-1]) if said else ""

    @property
    def lines(self) -> list[str]:
        """The lines at the end of what came, at most 64 KiB."""
        return self._tail.decode(errors="replace").split("\n")

    def close(self) -> None:
        """Close the file."""
        os.close(self._fd)

    def _keep(self, data: bytes) -> None:
        if self._full:
            return
        kept = data[: self._room]
        self._room -= len(kept)
        self._full = len(kept) < len(data)
        if self._full:
            kept += b"\n[heirloom: over %d bytes; what follows was dropped]\n" % self._limit
        with contextlib.suppress(OSError):  # a store without room is the commit's to report
            os.write(self._fd, kept)


def quoted(line: str) -> str:
    """A line as a reason may quote it: printable, at most 200 characters."""
    return "".join(char for char in line.strip() if char.isprintable())[:_LINE]
