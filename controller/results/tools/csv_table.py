"""The trials as CSV."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Any

from controller.formats import counted
from controller.results.tools.interface import replacing
from controller.results.tools.source import Source
from controller.views.trials.listing import plain


class CsvTable:
    """The table of `heirloom trials --csv`, in a file or on standard output."""

    def export(self, source: Source, path: str | None) -> str:
        """See Exporter. The file is written anew, with all trials."""
        names, rows = source.table()
        if path is None:
            _write(sys.stdout, names, rows)
            return ""
        with replacing(Path(path)) as file:
            count = _write(file, names, rows)
        return f"{counted(count, 'trial')} in {path}"


def _write(file: IO[str], names: list[str], rows: Iterable[list[Any]]) -> int:
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(names)
    count = 0
    for row in rows:
        writer.writerow(map(plain, row))
        count += 1
    return count
