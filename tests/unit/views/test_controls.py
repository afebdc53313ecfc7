"""Control characters that a trial wrote do not reach the terminal."""

import io

import pytest
from rich.live import Live
from rich.table import Table
from rich.text import Text

from controller.core import events as e
from controller.errors import HeirloomError
from controller.views import output, tables
from controller.views.output import PlainTextConsole
from controller.views.trials import curves, diff, listing, show
from tests.unit.views.trials.searches import Search

HOSTILE = "\x1b[31mred\x1b]0;title\x07\x9b2J\r"


def test_texts_lose_their_control_characters_and_keep_their_styles() -> None:
    out = io.StringIO()
    console = PlainTextConsole(
        file=out, width=60, force_terminal=True, color_system="standard", _environ={}
    )
    console.print(HOSTILE, Text(HOSTILE, style="green"), "[blue]two\nlines[/]")
    table = Table.grid()
    table.add_row(HOSTILE)
    console.print(table)
    written = out.getvalue()
    assert "\x1b[32m" in written
    assert "two" in written
    assert "\n" in written
    for sequence in ("\x1b[31m", "\x1b]", "\x07", "\x9b", "\r"):
        assert sequence not in written


def test_a_live_view_still_moves_the_cursor() -> None:
    out = io.StringIO()
    console = PlainTextConsole(file=out, width=60, force_terminal=True, _environ={"TERM": "xterm"})
    with Live(Text(HOSTILE + "\nsecond"), console=console, auto_refresh=False) as live:
        live.update(Text("first\nsecond"), refresh=True)
    assert "\x1b[1A" in out.getvalue()
    assert "\x1b[31m" not in out.getvalue()


def test_views_of_a_search_with_control_characters_print_none(tmp_path, capsys) -> None:
    search = Search(tmp_path)
    for value in (0.1, 0.2):
        trial = search.trial({"lr": value, HOSTILE: HOSTILE})
        search.report(trial, value, 0, **{HOSTILE: value})
        search.end(trial, value, **{HOSTILE: HOSTILE + str(value)})
    search.happen(e.NodeDown(at=99.0, node="a", reason=HOSTILE))
    place = search.place
    tables.status([place], detail=True, json=False)
    show.show(place, 0)
    curves.show(place, [0], None)
    diff.diff(place, 0, 1, json=False)
    listing.show(place, listing.Selection(columns=["params", "reason", HOSTILE]), "table")
    with pytest.raises(HeirloomError) as raised:
        listing.show(place, listing.Selection(columns=["none"]), "table")
    output.error_console().print(str(raised.value), markup=False)
    printed = capsys.readouterr()
    assert "red" in printed.out
    assert "red" in printed.err
    assert not set("\x1b\x07\x9b\r") & set(printed.out + printed.err)
