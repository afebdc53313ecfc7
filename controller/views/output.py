"""Standard output, which may be a terminal, a pipe that closes, a full disk, or closed.

A command whose reader leaves (`heirloom trials x | head -1`) ends quietly, as a program does that
SIGPIPE ends. A command that runs a search goes on without output.
"""

from __future__ import annotations

import contextlib
import errno
import io
import json
import logging
import os
import re
import select
import sys
from collections.abc import Iterable
from typing import Any, TextIO

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.table import Table

from heirloom.store.os_errors import reason

_READER_LEFT = 128 + 13  # the exit code of a program that SIGPIPE ended, in a shell
_CANNOT_WRITE = 2
_WIDE = 100_000  # columns: where nobody looks at a screen, nothing is cut or folded
_NARROW = 40  # columns: in fewer, tables would show nothing
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")  # all but tab and newline
_log = logging.getLogger(__name__)


class PlainTextConsole(Console):
    """A console that leaves out the control characters of texts.

    Names and reasons come from trials. An escape sequence in them could change the terminal. Rich
    leaves out some control characters, but not the escape character.
    """

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """The segments of `renderable`; Rich's own control segments are as they were."""
        for segment in super().render(renderable, options):
            if segment.control is None and _CONTROLS.search(segment.text):
                yield Segment(_CONTROLS.sub("", segment.text), segment.style)
            else:
                yield segment


class _Output(io.FileIO):
    """A standard stream. Its first error ends the process, unless `is_needed` is false."""

    def __init__(self, fd: int, *, is_needed: bool) -> None:
        super().__init__(fd, "w", closefd=False)
        self.is_needed = is_needed
        self.is_broken = False

    def write(self, data: Any, /) -> int:
        """Write bytes; return how many. After an error, discard them."""
        if self.is_broken:
            return len(data)
        try:
            while (written := super().write(data)) is None:  # the descriptor does not block
                select.select([], [self.fileno()], [])
        except OSError as error:
            self.is_broken = True
            self._fail(error)
            return len(data)
        return written

    def _fail(self, error: OSError) -> None:
        reader_left = error.errno == errno.EPIPE
        if not self.is_needed:
            _log.info("output is lost from here on: %s", reason(error))
        if self.is_needed and reader_left:
            raise SystemExit(_READER_LEFT)
        if self.fileno() == 1 and not reader_left:
            sys.stderr.write(f"error: standard output cannot be written: {reason(error)}\n")
        if self.is_needed:
            raise SystemExit(_CANNOT_WRITE)


def prepare() -> None:
    """Make standard output and error safe to write to, whatever they are.

    A stream that is closed discards what is written. A character that its encoding lacks becomes a
    question mark.
    """
    for fd in range(3):
        _open_if_closed(fd)
    if not os.environ.get("COLUMNS", "").isdecimal() or int(os.environ["COLUMNS"]) < _NARROW:
        os.environ.pop("COLUMNS", None)  # such as 0, in which Rich and Typer print nothing
    if sys.stdin is None:
        sys.stdin = open(0, closefd=False, encoding="utf-8")  # noqa: SIM115 - descriptor 0
    if sys.stdout is sys.__stdout__:
        sys.stdout = _stream(sys.stdout, 1, is_needed=True)
    if sys.stderr is sys.__stderr__:
        sys.stderr = _stream(sys.stderr, 2, is_needed=False)


def finish() -> None:
    """Write what is buffered. Raises SystemExit if it cannot be written."""
    sys.stdout.flush()


def go_on_without() -> None:
    """From now on, an error of standard output does not end the process."""
    raw = _raw(sys.stdout)
    if raw is not None:
        raw.is_needed = False


def has_reader() -> bool:
    """Whether somebody may still read standard output. Finds out without writing."""
    poll = select.poll()
    try:
        poll.register(sys.stdout.fileno(), 0)
    except (OSError, ValueError):  # not a file of the system's
        return True
    return not any(events & select.POLLERR for _, events in poll.poll(0))


def is_terminal() -> bool:
    """Whether standard output is a terminal, whatever the environment says of colours."""
    return sys.stdout.isatty()


def console() -> Console:
    """A console on standard output, whose width follows the terminal's.

    Without a terminal its lines are as long as they need.
    """
    found = PlainTextConsole(highlight=False, emoji=False, width=None if is_terminal() else _WIDE)
    if found.width >= _NARROW:  # to set a width, even the same, would end its following
        return found
    return PlainTextConsole(highlight=False, emoji=False, width=_NARROW)


def error_console() -> Console:
    """A console on standard error."""
    return PlainTextConsole(stderr=True, highlight=False, emoji=False)


def width(where: Console, table: Table) -> int:
    """The columns that a table needs so that nothing of it is cut or folded."""
    return where.measure(table, options=where.options.update(max_width=_WIDE)).maximum


def print_table(where: Console, table: Table) -> None:
    """Print a table. Without a terminal its lines do not end in blanks."""
    if where.file.isatty():
        where.print(table)
        return
    with where.capture() as captured:
        where.print(table)
    lines = (line.rstrip() for line in captured.get().splitlines())
    where.file.write("".join(f"{line}\n" for line in lines))


def print_json(data: Any) -> None:
    """Print data for programs: JSON in ASCII, so that every encoding has its characters."""
    sys.stdout.write(json.dumps(data, indent=1) + "\n")


def _open_if_closed(fd: int) -> None:
    """Put the null device in the place of a descriptor that is closed.

    Otherwise the next file that is opened would get its number, and what is printed would go there.
    """
    with contextlib.suppress(OSError):
        os.fstat(fd)
        return
    null = os.open(os.devnull, os.O_RDWR)
    if null == fd:
        os.set_inheritable(fd, True)
    else:
        os.dup2(null, fd)
        os.close(null)


def _stream(old: TextIO | None, fd: int, *, is_needed: bool) -> TextIO:
    raw = _Output(fd, is_needed=is_needed)
    if old is not None:
        old.flush()
    return io.TextIOWrapper(
        io.BufferedWriter(raw),
        encoding=old.encoding if old is not None else "utf-8",
        errors="replace",
        line_buffering=raw.isatty() or not is_needed,
    )


def _raw(stream: TextIO) -> _Output | None:
    raw = getattr(getattr(stream, "buffer", None), "raw", None)
    return raw if isinstance(raw, _Output) else None
