"""Where a cell ranks among all cells of NAS-Bench-201."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import mean, median
from typing import Any

from rich import table as rich_table

from benchmarks.nasbench.table import EDGES, Table, key

ALL_SKIP = dict.fromkeys(EDGES, "skip_connect")


def standing(table: Table, params: Mapping[str, Any]) -> dict[str, Any]:
    """A cell's operations by edge, its mean accuracy, and its rank: 1 for the best."""
    accuracy = mean(table[key(params)])
    better = sum(mean(each) > accuracy for each in table.values())
    cell = {edge.removeprefix("cell."): params[edge] for edge in EDGES}
    return {"accuracy": round(accuracy, 2), "rank": better + 1, "cell": cell}


def middle(table: Table) -> float:
    """The accuracy that half of the cells reach."""
    return round(median(map(mean, table.values())), 2)


def as_table(record: dict[str, Any]) -> rich_table.Table:
    """The cell of each search."""
    found = rich_table.Table(box=None, header_style="dim", padding=(0, 2, 0, 0))
    found.add_column("tuner")
    for column in ("seed", "accuracy", f"rank of {record['networks']:,}"):
        found.add_column(column, justify="right")
    for edge in record["all_skip"]["cell"]:
        found.add_column(edge.replace("_", "→"))
    for row in record["rows"]:
        for each in row["searches"]:
            numbers = f"{each['seed']}", f"{each['accuracy']:.2f}", f"{each['rank']:,}"
            found.add_row(row["method"], *numbers, *each["cell"].values())
    return found
