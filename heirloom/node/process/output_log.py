"""Write a trial's output to a file, up to a size limit."""

from __future__ import annotations

import contextlib
import os

_TAIL = 64 << 10  # bytes
_LINE = 200  # characters of a line that a reason quotes
_ROUND = 16  # reads before the caller can check its clock


class OutputLog:
    """`output.log`: the beginning of what comes through a pipe; the rest is dropped."""

    def __init__(self, path: str, limit: int) -> None:
        """`limit` is in bytes. Raises OSError."""
        self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o660)
        self._remaining = limit
        self._limit = limit
        self._tail = b""
        self._full = False
        self.ended = False  # whether every writer has closed the pipe

    def drain(self, pipe: int) -> bool:
        """Read from a non-blocking pipe. Returns whether it may hold more data now."""
        for _ in range(_ROUND):
            try:
                data = os.read(pipe, 65536)
            except BlockingIOError:
                return False
            if not data:
                self.ended = True
                return False
            self._tail = (self._tail + data)[-_TAIL:]
            self._write(data)
        return True

    @property
    def last_line(self) -> str:
        """The last line that is not blank, at most 200 characters."""
        lines = [line for line in self.lines if line.strip()]
        return quoted(lines[-1]) if lines else ""

    @property
    def lines(self) -> list[str]:
        """The lines at the end of the output, at most 64 KiB."""
        return self._tail.decode(errors="replace").split("\n")

    def close(self) -> None:
        """Close the file."""
        os.close(self._fd)

    def _write(self, data: bytes) -> None:
        if self._full:
            return
        kept = data[: self._remaining]
        self._remaining -= len(kept)
        self._full = len(kept) < len(data)
        if self._full:
            kept += b"\n[heirloom: over %d bytes; the rest was dropped]\n" % self._limit
        with contextlib.suppress(OSError):  # the commit reports a full store
            os.write(self._fd, kept)


def quoted(line: str) -> str:
    """A line for use in a reason: printable characters only, at most 200."""
    return "".join(char for char in line.strip() if char.isprintable())[:_LINE]
