"""The searches with shared weights on the cell of NAS-Bench-201, at a size that learns nothing."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest

from benchmarks.nasbench import one_shot, table
from tests.pytorch import require_torch


@pytest.mark.training
def test_a_search_derives_a_cell_of_the_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    require_torch()
    keys = map("".join, product("01234", repeat=6))
    monkeypatch.setattr(table, "fetch", lambda directory: directory)
    monkeypatch.setattr(table, "read", lambda wheel: {key: (float(int(key, 5)),) for key in keys})
    record = one_shot.run(tmp_path, only=["darts"], quick=True)
    [row] = record["rows"]
    [found] = row["searches"]
    assert found["seed"] == 0
    assert 1 <= found["rank"] <= record["networks"] == 5**6
    assert [path.name for path in (tmp_path / "nasbench").iterdir()] == ["one_shot.jsonl"]
