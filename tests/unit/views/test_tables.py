"""Tables on a narrow terminal, and without one."""

import io

import pytest
from rich.console import Console

from controller.views import output, tables


def test_long_params_are_cut_and_nothing_else_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(output, "is_terminal", lambda: True)
    table = tables.new_table(
        "id", "parents", "state", "value", "attempts", "node", "time", "params"
    )
    table.add_row("117", "98 3", "succeeded", "0.978333", "1", "gpu1.lab", "2m05s", "x" * 500)
    out = io.StringIO()
    Console(file=out, width=80).print(table)
    head, row = out.getvalue().splitlines()
    assert head.split() == ["id", "parents", "state", "value", "attempts", "node", "time", "params"]
    assert row.split()[:-1] == ["117", "98", "3", "succeeded", "0.978333", "1", "gpu1.lab", "2m05s"]
    assert row.rstrip().endswith("x…")


def test_nothing_is_cut_or_padded_without_a_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    table = tables.new_table("id", "params")
    table.add_row("1", "x" * 500)
    table.add_row("2", "x")
    output.print_table(output.console(), table)
    assert capsys.readouterr().out.splitlines() == ["id  params", f" 1  {'x' * 500}", " 2  x"]
