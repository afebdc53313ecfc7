"""Tables on a narrow terminal."""

import io

from rich.console import Console

from controller.views import tables


def test_long_params_are_cut_and_nothing_else_is() -> None:
    table = tables._table("id", "parents", "state", "value", "attempts", "node", "time", "params")
    table.add_row("117", "98 3", "succeeded", "0.978333", "1", "gpu1.lab", "2m05s", "x" * 500)
    out = io.StringIO()
    Console(file=out, width=80).print(table)
    head, row = out.getvalue().splitlines()
    assert head.split() == [
        "id", "parents", "state", "value", "attempts", "node", "time", "params"
    ]  # fmt: skip
    assert row.split()[:-1] == ["117", "98", "3", "succeeded", "0.978333", "1", "gpu1.lab", "2m05s"]
    assert row.rstrip().endswith("x…")
