"""The trials as a Parquet table, by pyarrow (requirements-parquet.txt)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from controller.formats import counted
from controller.results.tools.interface import replacing
from controller.results.tools.source import Source


class ParquetTable:
    """The columns of `heirloom trials --csv`, with a type each.

    A column whose values are all whole numbers, numbers, truth values, text or lists of ids has
    that type. The values of any other column are JSON text. The metadata of the table has the
    experiment under the key `heirloom`.
    """

    def export(self, source: Source, path: str | None) -> str:
        """See Exporter. The file is written anew, with all trials; by default NAME.parquet."""
        import pyarrow
        from pyarrow import parquet

        experiment = source.experiment
        names, rows = source.table()
        columns = list(zip(*rows, strict=True)) or [()] * len(names)
        arrays = [pyarrow.array(*typed(list(values))) for values in columns]
        metadata = {"heirloom": json.dumps(experiment)}
        table = pyarrow.table(dict(zip(names, arrays, strict=True))).replace_schema_metadata(
            metadata
        )
        target = path or f"{experiment['name']}.parquet"
        with replacing(Path(target), "wb") as file:
            parquet.write_table(table, file)
        return f"{counted(table.num_rows, 'trial')} in {target}"


def typed(values: list[Any]) -> tuple[list[Any], Any]:
    """The values and the type of a column."""
    import pyarrow

    kinds = {type(value) for value in values if value is not None}
    if kinds == {bool}:
        return values, pyarrow.bool_()
    if kinds == {int} and all(value is None or abs(value) < 2**63 for value in values):
        return values, pyarrow.int64()
    if kinds and kinds <= {int, float}:
        return [None if value is None else float(value) for value in values], pyarrow.float64()
    if kinds == {list} and all(type(each) is int for value in values for each in value or ()):
        return values, pyarrow.list_(pyarrow.int64())
    if kinds <= {str}:
        return values, pyarrow.string()
    return [None if value is None else json.dumps(value) for value in values], pyarrow.string()
