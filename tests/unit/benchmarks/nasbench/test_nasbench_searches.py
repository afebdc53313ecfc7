"""Searches that are done are not repeated."""

from __future__ import annotations

from pathlib import Path

from benchmarks.nasbench.search import Task
from benchmarks.nasbench.searches import Searches


def test_a_search_is_known_by_all_of_its_task(tmp_path: Path) -> None:
    task = Task("evolution", {"sample": 3}, "run", 1, (100, 200))
    Searches(tmp_path / "searches.jsonl").add(task, [91.0, 91.5], {"cores": 2})
    again = Searches(tmp_path / "searches.jsonl")
    done = again.get(task)
    assert done is not None
    assert done["found"] == [91.0, 91.5]
    assert done["measured"] == {"cores": 2}
    for other in (
        Task("evolution", {"sample": 4}, "run", 1, (100, 200)),
        Task("evolution", {"sample": 3}, "mean", 1, (100, 200)),
        Task("evolution", {"sample": 3}, "run", 2, (100, 200)),
        Task("evolution", {"sample": 3}, "run", 1, (100, 500)),
    ):
        assert again.get(other) is None
