"""The page of results is what its script makes of the figures."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks import results

DOCS = Path(__file__).resolve().parents[3] / "docs"


@pytest.mark.parametrize("name", results.PAGES)
def test_a_page_is_made_from_the_figures(name: str) -> None:
    figures = json.loads((DOCS / "results.json").read_text())
    assert results.page(figures, name) == (DOCS / name).read_text()


def test_without_figures_there_is_a_page_too() -> None:
    assert results.page({}).startswith("# Results\n")
    assert "has been measured yet" in results.page({}, "explanation/when-inheriting-pays.md")


def test_results_of_a_study_are_taken_over(tmp_path: Path) -> None:
    figures = json.loads((DOCS / "results.json").read_text())["nasbench"]
    study = tmp_path / "nasbench.json"
    rows = [{**row, "found": [[91.0]]} for row in figures["rows"]]
    study.write_text(json.dumps({**figures, "rows": rows}))
    results.main(take=study, docs=tmp_path)
    assert json.loads((tmp_path / "results.json").read_text()) == {"nasbench": figures}
    assert (tmp_path / "results.md").read_text() == results.page({"nasbench": figures})
