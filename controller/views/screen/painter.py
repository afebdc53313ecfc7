"""Writes lines and a live view to a console, in a thread of its own.

A terminal that takes no output (Ctrl-S, a slow connection) holds that thread up, and nobody else.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

from rich.console import Console, RenderableType
from rich.live import Live
from rich.text import Text

_INTERVAL = 0.25  # seconds between two drawings of the live view
_KEPT = 10_000  # lines that may wait to be written
_CLOSE = 10.0  # seconds that the terminal gets to take the rest of the output
_log = logging.getLogger(__name__)


class _Taken(NamedTuple):
    """What one drawing shows."""

    lines: list[str]
    said: int  # lines since the start
    view: RenderableType | None
    question: str
    is_closing: bool


class Painter:
    """Lines go to the console as they come; below them stands the view that was shown last.

    Until `start` and after `close` lines are written by the thread that calls, and no view is
    shown. Without `is_live` no view is ever shown.
    """

    def __init__(self, console: Console, *, is_live: bool) -> None:
        self._console = console
        self._is_live = is_live
        self._live: Live | None = None
        self._width = console.size.width
        self._last: deque[str] = deque(maxlen=console.size.height)  # lines written, for a redraw
        self._question = ""  # what stands below the lines in place of the view
        self._thread: threading.Thread | None = None
        self._changed = threading.Condition()  # guards what follows
        self._lines: deque[str] = deque(maxlen=_KEPT)
        self._said = 0  # lines since the start
        self._view: RenderableType | None = None
        self._next_question = ""
        self._is_due = False  # whether there is something to draw
        self._closing = threading.Event()
        self._drawing = threading.Lock()  # held while the console is written to

    def start(self) -> None:
        """Start the thread."""
        self._thread = threading.Thread(target=self._run, name="screen", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Write what is left, and end the view; it stays as it is."""
        if self._thread is None:
            return
        self._closing.set()
        with self._changed:
            self._wake()
        self._thread.join(_CLOSE)
        self._thread = None

    def say(self, line: str) -> None:
        """Write one line of Rich markup."""
        if self._thread is None:
            self._write([line])
            return
        with self._changed:
            self._lines.append(line)
            self._said += 1
            self._wake()

    def show(self, view: RenderableType | None) -> None:
        """Show a view in place of the one before; None: show none from now on."""
        with self._changed:
            self._view = view
            self._wake()

    def ask(self, question: str) -> None:
        """Put a question in place of the view, or with an empty one the view in its place."""
        with self._changed:
            self._next_question = question
            self._wake()

    def ask_again(self) -> None:
        """Write the question once more: what was entered is no answer."""
        with self._changed:
            self._question = ""
            self._wake()

    def suspend(self) -> None:
        """Leave the console to the caller until `resume`."""
        self._drawing.acquire()
        self._end_view()
        self._question = ""  # it is asked again

    def resume(self) -> None:
        """Go on after `suspend`."""
        self._drawing.release()
        with self._changed:
            self._wake()

    def _wake(self) -> None:
        self._is_due = True
        self._changed.notify()

    def _run(self) -> None:
        has_failed = False
        written = 0
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._is_due)
            try:
                with self._drawing:  # first, so that what is taken is still due after `suspend`
                    taken = self._take()
                    lost = taken.said - written - len(taken.lines)
                    written = taken.said
                    if lost:
                        taken.lines.insert(0, f"[dim]({lost:,} lines are left out)[/]")
                    self._draw(taken.lines, taken.view, taken.question)
                    if taken.is_closing:
                        self._end_view()
            except Exception:  # the search goes on
                if not has_failed:
                    _log.exception("the screen failed; its further errors are not logged")
                has_failed = True
            if taken.is_closing:
                return
            if self._is_live:
                self._closing.wait(_INTERVAL)

    def _take(self) -> _Taken:
        """What is to be drawn now. The lines are taken out of the queue."""
        with self._changed:
            self._is_due = False
            lines = list(self._lines)
            self._lines.clear()
            return _Taken(
                lines, self._said, self._view, self._next_question, self._closing.is_set()
            )

    def _draw(self, lines: Sequence[str], view: RenderableType | None, question: str) -> None:
        if question != self._question:
            self._end_view()
            if question:
                self._console.print(question, end="", markup=False)
            else:
                self._console.print()
            self._question = question
        if question:
            if lines:
                self._console.print()
                self._write(lines)
                self._console.print(question, end="", markup=False)
            return
        if not self._is_live:
            self._write(lines)
            return
        if view is not None:
            self._follow_width()
            live = self._live or self._begin_view()
            live.update(view, refresh=not lines)
        self._write(lines)

    def _begin_view(self) -> Live:
        self._live = Live(console=self._console, auto_refresh=False, vertical_overflow="crop")
        self._live.start()
        return self._live

    def _end_view(self) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None

    def _follow_width(self) -> None:
        """Redraw all after the terminal became narrower.

        It has broken the view's lines then, so that the view no longer starts where it did.
        """
        width = self._console.size.width
        if width < self._width:
            self._end_view()
            self._console.clear()
            self._write(tuple(self._last))
        self._width = width

    def _write(self, lines: Sequence[str]) -> None:
        self._last.extend(lines)
        if lines:
            texts = [self._console.render_str(line) for line in lines]
            self._console.print(Text("\n").join(texts), soft_wrap=True)
