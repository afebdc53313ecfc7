"""Params and values as columns."""

import json
from typing import Any

import pytest

from controller.core.model import State
from controller.views.page.documents.analysis import understanding
from controller.views.page.documents.analysis.columns import CATEGORIES, PARAMS
from heirloom.objective import Objectives
from tests.unit.views.page.pages import report, trial


def columns(*params: dict[str, Any], **more: Any) -> dict[str, dict[str, Any]]:
    """The columns by name of trials with these params."""
    trials = [trial(n, params=each) for n, each in enumerate(params)]
    found = understanding.document(report(*trials, **more))
    return {column["name"]: column for column in found["columns"]}


def test_numbers_stay_numbers_and_texts_become_categories() -> None:
    found = columns({"lr": 0.1, "act": "relu"}, {"lr": 0.2, "act": "tanh"}, {"lr": 0.1})
    assert found["lr"]["values"] == [0.1, 0.2, 0.1]
    assert found["lr"]["categories"] is None
    assert found["act"]["values"] == [0, 1, None]
    assert found["act"]["categories"] == ["relu", "tanh"]
    assert found["value"]["role"] == "value"
    assert found["value"]["maximize"] is True


def test_categories_have_the_order_of_the_space() -> None:
    space = {"size": ["small", "large", "huge"]}
    found = columns({"size": "large"}, {"size": "small"}, {"size": "large"}, space=space)
    assert found["size"]["categories"] == ["small", "large"]
    assert found["size"]["values"] == [1, 0, 1]


def test_true_is_no_number() -> None:
    assert columns({"bias": True}, {"bias": False})["bias"]["categories"] == ["true", "false"]


@pytest.mark.parametrize(
    ("space", "values", "is_log"),
    [
        ({"lr": {"loguniform": [0.1, 1]}}, (0.1, 0.2), True),
        ({"lr": {"uniform": [0.1, 1]}}, (0.1, 0.2), False),
        ({}, (1e-4, 0.5), True),
        ({}, (0.0, 1e9), False),
    ],
)
def test_the_scale_is_that_of_the_space_or_of_the_values(
    space: dict[str, Any], values: tuple[float, float], is_log: bool
) -> None:
    found = columns(*({"lr": value} for value in values), space=space)
    assert found["lr"]["log"] is is_log


def test_nested_options_have_the_name_of_their_choice() -> None:
    found = columns({"op": {"_name": "conv", "kernel": 3}}, {"op": {"_name": "pool"}})
    assert found["op"]["categories"] == ["conv", "pool"]
    assert found["op.kernel"]["values"] == [3, None]


def test_of_a_network_the_number_of_layers_is_a_param() -> None:
    layers = [{"id": n} for n in range(1, 4)]
    found = columns({"net": {"layers": layers}}, {"net": {"layers": layers[:1]}})
    assert found["net: layers"]["values"] == [3, 1]


def test_params_that_no_picture_shows_are_named_with_the_reason() -> None:
    count = CATEGORIES + 5
    trials = [trial(n, params={"same": 1, "tag": f"t{n}", "x": n}) for n in range(count)]
    found = understanding.document(report(*trials))
    assert {each["name"]: each["why"] for each in found["hidden"]} == {
        "same": "the same in all trials",
        "tag": f"{count} different values that are no numbers",
    }
    many = [trial(n, params={f"p{at}": n for at in range(PARAMS + 2)}) for n in range(3)]
    found = understanding.document(report(*many))
    assert [each["name"] for each in found["hidden"]] == [f"p{PARAMS}", f"p{PARAMS + 1}"]


def test_only_results_of_candidates_are_rows() -> None:
    found = understanding.document(
        report(
            trial(0),
            trial(1, state=State.FAILED),
            trial(2, value=float("nan")),
            trial(3, candidate=False),
            trial(4),
        )
    )
    assert found["ids"] == [0, 4]
    assert found["front"] == [1]
    json.dumps(found, allow_nan=False)


def test_the_inherited_share_is_a_column_where_it_varies() -> None:
    trials = [trial(n, result={"inherited": {"share": n / 2}}) for n in range(3)]
    found = understanding.document(report(*trials))
    assert found["columns"][-1]["values"] == [0.0, 0.5, 1.0]


def test_of_too_many_results_the_best_and_evenly_many_others_are_rows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(understanding, "LIMIT", 40)
    trials = [trial(n, value=n * 37 % 400 / 400) for n in range(400)]
    found = understanding.document(report(*trials))
    assert (len(found["ids"]), found["left_out"], found["total"]) == (40, 360, 400)
    ranked = sorted(range(400), key=lambda n: -(n * 37 % 400))
    assert set(ranked[:10]) <= set(found["ids"])
    assert found["ids"] == sorted(found["ids"])
    assert len([n for n in found["ids"] if n < 100]) > 5


def test_each_objective_is_a_column() -> None:
    objectives = Objectives.parse({"accuracy": "maximize", "size": "minimize"})
    trials = [
        trial(n, value=0.5, values={"accuracy": 0.5, "size": float(n)}, params={"a": n})
        for n in range(3)
    ]
    found = understanding.document(report(*trials, objectives=objectives))
    assert [column["name"] for column in found["columns"]] == ["a", "accuracy", "size"]
    assert found["columns"][-1]["maximize"] is False
    assert found["pareto"]["data"]
