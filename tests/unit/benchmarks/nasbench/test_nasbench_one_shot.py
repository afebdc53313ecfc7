"""Searches with shared weights on the cell of NAS-Bench-201: what is run, and what is written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks import results, searches
from benchmarks.nasbench import one_shot, table
from benchmarks.nasbench.table import EDGES
from benchmarks.searches import Search
from controller.core.events import Proposed
from controller.store.layout import Root
from tests.unit.benchmarks.nasbench.test_nasbench_ranks import TABLE

CELL = dict.fromkeys(EDGES, "skip_connect")


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The experiments that were run; each derives the cell of skip connections."""
    found: list[dict[str, Any]] = []

    def run(directory: Path, experiment: dict[str, Any], *, slots: int) -> Search:
        found.append(experiment)
        assert (Path(experiment["trial"]["code_dir"]) / "learning.py").is_file()
        assert "weights" not in experiment["trial"]  # an evaluation of enas leaves none
        params: list[dict[str, Any]] = [{"task": "search"}, {"task": "final", "params": CELL}]
        proposed = [Proposed(at=0.0, trial=n, params=each) for n, each in enumerate(params)]
        return Search([*proposed], Root(directory / "store"), 1.0)

    monkeypatch.setattr(searches, "run", run)
    monkeypatch.setattr(table, "fetch", lambda directory: directory)
    monkeypatch.setattr(table, "read", lambda wheel: TABLE)
    return found


def test_each_search_is_run_once_and_its_cell_has_a_rank(
    tmp_path: Path, ran: list[dict[str, Any]]
) -> None:
    first = one_shot.run(tmp_path, only=["darts"])
    assert [experiment["seed"] for experiment in ran] == list(range(one_shot.SEEDS))
    assert [row["method"] for row in first["rows"]] == ["darts"]
    one_shot.run(tmp_path, only=["darts"])
    assert len(ran) == one_shot.SEEDS
    record = json.loads((tmp_path / one_shot.FILE).read_text())
    found = record["rows"][0]["searches"][0]
    assert found == {"seed": 0, **record["all_skip"]}
    assert found["accuracy"] == 81.0
    assert [path.name for path in (tmp_path / "nasbench").iterdir()] == ["one_shot.jsonl"]


def test_the_page_of_results_has_the_ranks(tmp_path: Path, ran: list[dict[str, Any]]) -> None:
    one_shot.run(tmp_path)
    assert {experiment["tuner"]["name"] for experiment in ran} == {"darts", "enas"}
    results.main(take=tmp_path / one_shot.FILE, docs=tmp_path)
    page = (tmp_path / "results.md").read_text()
    cell = " | ".join(CELL.values())
    assert f"| `darts` | 0 | 81.00 | 11,530 | {cell} |" in page
    assert "`edges: null`" in page


def test_a_search_that_derives_nothing_is_an_error(
    tmp_path: Path, ran: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    nothing = Search([], Root(tmp_path / "store"), 1.0)
    monkeypatch.setattr(searches, "run", lambda *args, **more: nothing)
    with pytest.raises(RuntimeError, match="darts with seed 0 has derived no network"):
        one_shot.run(tmp_path, only=["darts"])
    assert ran == []
