"""What changed along a line of ancestors."""

import pytest

from controller.views.page.documents.analysis.steps import steps
from heirloom.objective import Objectives
from tests.unit.views.page.pages import report, trial


@pytest.mark.parametrize(("direction", "is_better"), [("maximize", True), ("minimize", False)])
def test_what_changed_along_the_best_line(direction: str, is_better: bool) -> None:
    base = {"a": 1, "b": "x", "c": True}
    value = 0.75 if is_better else 0.25
    child = trial(
        1,
        0,
        params={"a": 2, "b": "x", "d": 0.5},
        value=value,
        result={"inherited": {"share": 0.875}},
    )
    first = trial(0, params=base, result="odd")
    assert [step["inherited"] for step in steps(report(first), [first])] == [None]
    line = steps(report(first, child, objectives=Objectives.parse(direction)), [first, child])
    assert [step["id"] for step in line] == [0, 1]
    assert line[1]["changes"] == [["a", "1", "2"], ["c", "true", ""], ["d", "", "0.5"]]
    assert line[1]["gain"] == pytest.approx(value - 0.5)
    assert line[1]["is_better"]
    assert (line[1]["inherited"], line[0]["gain"]) == (0.875, None)
    assert line[0]["words"] == "0: starts from nothing"
    assert line[1]["words"] == "0 to 1: a 1 to 2, c removed, d 0.5 added, 87.5 % inherited"


def test_networks_are_compared_by_layer() -> None:
    layers = [{"id": 1, "filters": 8}, {"id": 2, "units": 10}]
    first = trial(0, params={"net": {"layers": layers}})
    child = trial(1, 0, params={"net": {"layers": layers[1:]}}, value=0.75)
    line = steps(report(first, child), [first, child])
    assert line[1]["changes"] == [["net.layers.1", '{"id": 1, "filters": 8}', ""]]


def test_words_name_three_changes_and_cut_long_ones() -> None:
    params = dict.fromkeys("abcd", 1) | {"e": "x" * 500}
    child = trial(1, 0, params=dict.fromkeys("abcd", 2) | {"e": "y" * 500})
    first = trial(0, params=params)
    (_, step) = steps(report(first, child), [first, child])
    assert step["words"] == "0 to 1: a 1 to 2, b 1 to 2, c 1 to 2, 2 more params changed"
    alone = trial(2, 0, params={"e": "z" * 500})
    words = steps(report(trial(0, params={"e": "x" * 500}), alone), [first, alone])[1]["words"]
    assert len(words) < 500


@pytest.mark.parametrize("share", [None, True, "0.5", float("nan"), [1]])
def test_a_share_that_is_no_number_is_none(share: object) -> None:
    odd = trial(0, result={"inherited": {"share": share}})
    assert steps(report(odd), [odd])[0]["inherited"] is None
