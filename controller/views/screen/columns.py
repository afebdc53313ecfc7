"""Columns of text, a line a row.

The live view is drawn up to four times a second beside a search, and Rich's tables take more than
twice as long.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from rich.cells import cell_len, set_cell_size
from rich.text import Text

_GAP = "  "


@dataclass(frozen=True, slots=True)
class Row:
    """A row's cells, its style, and the styles of single cells by their column."""

    cells: Sequence[str]
    style: str = ""
    styles: Mapping[int, str] | None = None


def lines(rows: Sequence[Row], right: Collection[int], widest: Mapping[int, int]) -> Iterator[Text]:
    """The rows as lines. The last column is as wide as the terminal allows.

    Args:
        rows: all with as many cells.
        right: the columns whose text ends at their right.
        widest: the most columns of the terminal that a column may take.
    """
    columns = list(zip(*(row.cells for row in rows), strict=True))[:-1]
    widths = [max(map(cell_len, column)) for column in columns]
    widths = [min(width, widest.get(at, width)) for at, width in enumerate(widths)]
    for row in rows:
        line = Text(no_wrap=True, overflow="ellipsis")
        styles = row.styles or {}
        for at, (cell, width) in enumerate(zip(row.cells, widths, strict=False)):
            line.append(_fit(cell, width, right=at in right), styles.get(at, row.style))
            line.append(_GAP)
        line.append(row.cells[-1], row.style)
        yield line


def _fit(text: str, width: int, *, right: bool) -> str:
    length = cell_len(text)
    if length > width:
        return set_cell_size(text, max(0, width - 1)) + "…"
    blanks = " " * (width - length)
    return blanks + text if right else text + blanks
