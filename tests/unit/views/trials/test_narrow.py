"""Tables on a terminal that is too narrow for them."""

import io

from rich.console import Console

from controller.views import tables


def test_a_number_that_is_cut_is_marked() -> None:
    table = tables.new_table("id", "value")
    table.add_row("12", "0.123456")
    out = io.StringIO()
    Console(file=out, width=9).print(table)
    assert "…" in out.getvalue().splitlines()[1]
