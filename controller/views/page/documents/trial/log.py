"""A piece of a trial's output, read from the store."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from heirloom.store.files import open_file

PIECE = 256 * 1024  # bytes of an answer, at most
_SCANNED = 64 * 1024 * 1024  # bytes that one search reads
_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes of the log from `start` up to `end`, as text. `size`: of the log now."""

    start: int
    end: int
    size: int
    text: str


def read(path: Path, start: int, limit: int = PIECE) -> Piece:
    """A piece that begins at `start`, or with a negative one, so many bytes before the end.

    It ends between two characters. Bytes that are no UTF-8 are shown as U+FFFD. NUL bytes at the
    end of the log are what NFS has not written yet, and are left for a later piece. A log that
    does not exist is empty. Raises OSError.
    """
    try:
        file = open_file(str(path), os.O_NOFOLLOW)
    except FileNotFoundError:
        return Piece(0, 0, 0, "")
    try:
        size = os.fstat(file).st_size
        begin = max(0, size + start) if start < 0 else min(start, size)
        data = os.pread(file, min(limit, size - begin), begin)
    finally:
        os.close(file)
    if start < 0 and begin > 0:
        skipped = data.find(b"\n") + 1  # of a line that began before
        begin, data = begin + skipped, data[skipped:]
    if begin + len(data) >= size:
        data = data.rstrip(b"\0")
    data = data[: _whole(data)]
    return Piece(begin, begin + len(data), size, data.decode(errors="replace"))


def _whole(data: bytes) -> int:
    """The length without the first bytes of a character whose others are still to come."""
    for back in range(1, min(4, len(data)) + 1):
        byte = data[-back]
        if byte & 0xC0 == 0x80:  # a character goes on
            continue
        length = 4 if byte >= 0xF0 else 3 if byte >= 0xE0 else 2 if byte >= 0xC0 else 1
        return len(data) - back if length > back else len(data)
    return len(data)


def find(path: Path, wanted: str, start: int) -> tuple[int | None, int]:
    """Where a text occurs next, from the byte `start` on, and up to where the log was searched.

    Upper and lower case of ASCII letters are equal. Raises OSError.
    """
    needle = wanted.encode(errors="replace").lower()
    end = start + _SCANNED
    try:
        file = open_file(str(path), os.O_NOFOLLOW)
    except FileNotFoundError:
        return None, start
    try:
        position, before = start, b""
        while position < end and (block := os.pread(file, _BLOCK, position)):
            found = (before + block).lower().find(needle)
            if found >= 0:
                return position - len(before) + found, position
            before = (before + block)[-len(needle) :] if needle else b""
            position += len(block)
        return None, position
    finally:
        os.close(file)
