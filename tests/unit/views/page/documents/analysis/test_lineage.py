"""The document of who descends from whom."""

import json
from typing import Any

from controller.core.model import Origin, State
from controller.views.page.documents.analysis import lineage
from controller.views.page.documents.analysis.selection import with_ancestors
from heirloom.objective import Objectives
from tests.unit.views.page.pages import report, trial


def column(found: dict[str, Any], name: str) -> list[Any]:
    return list(found["trials"][name])


def test_trials_have_parents_generations_and_families() -> None:
    found = lineage.document(
        report(
            trial(0),
            trial(1, 0),
            trial(2, 1, 0),
            trial(3, state=State.FAILED, value=None),
            trial(4, origin=Origin("other", "/store/other", 7)),
        )
    )
    assert column(found, "id") == [0, 1, 2, 3, 4]
    assert column(found, "parent") == [-1, 0, 1, -1, -1]
    assert column(found, "generation") == [0, 1, 2, 0, 0]
    assert column(found, "family") == [0, 0, 0, 1, 2]
    assert [found["states"][at] for at in column(found, "state")][3] == "failed"
    assert found["others"] == {"from": [0], "to": [2]}
    assert found["imported"] == [4]
    assert found["families"] == {
        "root": [0, 3, 4],
        "size": [3, 1, 1],
        "generations": [3, 1, 1],
        "best": [0.52, None, 0.54],
    }
    assert (found["best"], found["left_out"], found["total"]) == (4, 0, 5)


def test_the_line_says_what_changed() -> None:
    wide = trial(2, 1, params={"width2": 256}, value=0.9, result={"inherited": {"share": 0.61}})
    found = lineage.document(report(trial(1, params={"width2": 64}), wide))
    assert [step["words"] for step in found["line"]] == [
        "1: starts from nothing",
        "1 to 2: width2 64 to 256, 61 % inherited",
    ]


def test_an_experiment_without_trials_has_an_empty_document() -> None:
    found = lineage.document(report())
    assert (found["best"], found["line"], column(found, "id")) == (None, [], [])


def test_numbers_are_finite() -> None:
    found = lineage.document(report(trial(0, value=float("nan")), trial(1, value=float("inf"))))
    json.dumps(found, allow_nan=False)
    assert column(found, "value") == [None, None]


def test_the_best_of_a_family_is_the_lowest_where_less_is_better() -> None:
    objectives = Objectives.parse("minimize")
    found = lineage.document(report(trial(0), trial(1, 0), objectives=objectives))
    assert found["families"]["best"] == [0.5]


def test_of_too_many_trials_lines_are_kept_whole() -> None:
    """One long line to the best, and many trials without a parent."""
    trials = [
        trial(n, *([n - 7] if n % 7 == 0 and n else []), value=n % 7 / 10) for n in range(700)
    ]
    trials[602].value = 5.0
    source = report(*trials)
    kept = {each.id: each for each in with_ancestors(source, 200)}
    assert 100 < len(kept) <= 200
    assert set(range(0, 603, 7)) <= kept.keys()
    for each in kept.values():
        assert all(parent in kept for parent in each.restore)


def test_ten_thousand_trials_in_one_line_have_no_deep_recursion() -> None:
    trials = [trial(n, *([n - 1] if n else [])) for n in range(10_000)]
    found = lineage.document(report(*trials))
    assert column(found, "generation")[-1] == 9_999
    assert set(column(found, "lane")) == {0.0}
