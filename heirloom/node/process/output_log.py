"""Write a trial's output to a file, up to a size limit."""

from __future__ import annotations

import contextlib
import os

from .output_text import readable_lines

_TAIL = 64 << 10  # bytes
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
    def lines(self) -> list[str]:
        """The readable lines of the last 64 KiB of the output."""
        return readable_lines(self._tail)

    def note(self, text: str) -> None:
        """Write a line of Heirloom's own. It counts for the limit, and not for `lines`."""
        self._write(f"heirloom: {text}\n".encode())

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
