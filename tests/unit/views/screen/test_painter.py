"""The thread that writes to the console."""

import io
import threading

from rich.console import Console
from rich.text import Text

from controller.views.screen import painter as painters
from controller.views.screen.painter import Painter


class Terminal(io.StringIO):
    """A terminal that takes output only while `takes` is set."""

    def __init__(self) -> None:
        super().__init__()
        self.takes = threading.Event()
        self.takes.set()
        self.asked = threading.Event()  # whether something was written

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self.asked.set()
        assert self.takes.wait(30)
        return super().write(text)


def console(out: io.StringIO, *, live: bool = True) -> Console:
    return Console(
        file=out,
        width=40,
        height=10,
        force_terminal=live,
        force_interactive=live,
        color_system=None,
    )


def test_a_terminal_that_takes_nothing_holds_nobody_up(monkeypatch) -> None:
    monkeypatch.setattr(painters, "_KEPT", 5)
    out = Terminal()
    painter = Painter(console(out), is_live=True)
    out.takes.clear()
    painter.start()
    painter.say("first")
    assert out.asked.wait(30)
    for number in range(9):
        painter.say(f"line {number}")
        painter.show(Text(f"view {number}"))
    out.takes.set()
    painter.close()
    written = out.getvalue()
    assert written.index("first") < written.index("(4 lines are left out)")
    assert written.index("left out") < written.index("line 4") < written.index("line 8")
    assert "line 3" not in written
    assert "view 8" in written
    assert "view 0" not in written


def test_lines_without_a_view_come_as_they_are() -> None:
    out = io.StringIO()
    painter = Painter(console(out, live=False), is_live=False)
    painter.say("before [b]the[/] start")
    painter.start()
    painter.say("one")
    painter.show(Text("never"))
    painter.say("two " * 20)
    painter.close()
    painter.say("after")
    assert out.getvalue() == f"before the start\none\n{'two ' * 20}\nafter\n"


def test_a_narrower_terminal_is_drawn_anew() -> None:
    out = Terminal()
    where = console(out)
    painter = Painter(where, is_live=True)
    painter._draw(["a line"], Text("view"), "")
    assert "\x1b[2J" not in out.getvalue()
    where.width = 30
    painter._draw([], Text("view"), "")
    _, _, after = out.getvalue().partition("\x1b[2J")
    assert "a line" in after
    assert "view" in after
    painter._end_view()


def test_an_error_does_not_end_the_thread(caplog) -> None:
    class Broken:
        def __rich__(self) -> str:
            raise ValueError("no picture")

    out = Terminal()
    painter = Painter(console(out), is_live=True)
    painter.start()
    painter.show(Broken())
    painter.say("a line")
    painter.close()
    assert "its further errors are not logged" in caplog.text


def test_a_view_that_was_taken_back_meanwhile_is_not_drawn(monkeypatch) -> None:
    """The thread has work while the console is left to a question; the answer ends the view."""
    reached = threading.Event()

    class Lock:
        """A lock that tells when the painter's thread wants it."""

        def __init__(self) -> None:
            self._lock = threading.Lock()
            self.acquire, self.release = self._lock.acquire, self._lock.release

        def __enter__(self) -> None:
            reached.set()
            self.acquire()

        def __exit__(self, *_: object) -> None:
            self.release()

    out = Terminal()
    painter = Painter(console(out), is_live=True)
    monkeypatch.setattr(painter, "_drawing", Lock())
    painter.suspend()
    painter.start()
    painter.show(Text("a view"))
    assert reached.wait(30)
    painter.show(None)
    painter.say("a line")
    painter.resume()
    painter.close()
    assert "a line" in out.getvalue()
    assert "a view" not in out.getvalue()
