"""The document of the table of trials."""

from typing import Any

import pytest

from controller.core.model import State
from controller.views.page.documents import DocumentError, make, trials
from heirloom.objective import Objectives
from tests.unit.views.page.pages import recorded, trial


def values(doc: dict[str, Any], name: str) -> list[Any]:
    [column] = [column for column in doc["columns"] if column["name"] == name]
    return list(column["values"])


def test_each_trial_has_a_row() -> None:
    failed = trial(1, 0, state=State.FAILED, value=None, reason="exit code 3", params={})
    doc = trials.document(recorded(failed, trial(0, params={"net": {"units": [1, 2]}})))
    assert values(doc, "id") == [0, 1]
    assert values(doc, "state") == ["succeeded", "failed"]
    assert values(doc, "value") == [0.5, None]
    assert values(doc, "restored") == [[], [0]]
    assert values(doc, "reason") == ["committed", "exit code 3"]
    assert values(doc, "net") == ['{"units": [1, 2]}', None]
    assert (doc["total"], doc["left_out"]) == (2, 0)


def test_long_text_is_truncated() -> None:
    doc = trials.document(recorded(trial(0, state=State.FAILED, reason="x" * 5000)))
    [reason] = values(doc, "reason")
    assert len(reason) == 201
    assert reason.endswith("…")
    assert doc["truncated"] == 200


def test_a_table_says_that_no_cell_is_truncated() -> None:
    long = trial(0, state=State.FAILED, reason="x" * 200)
    assert trials.document(recorded(long))["truncated"] is None
    many = trial(1, *[0] * 201)
    assert trials.document(recorded(trial(0), many))["truncated"] == 200


def test_the_best_and_the_latest_have_a_row_where_not_all_have(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(trials, "_ROWS", 4)
    known = [trial(n, value=1.0 if n in (2, 5) else 0.0) for n in range(10)]
    doc = trials.document(recorded(*known))
    assert values(doc, "id") == [2, 5, 8, 9]
    assert (doc["total"], doc["left_out"]) == (10, 6)


def test_objectives_have_a_column_each() -> None:
    objectives = Objectives.parse({"accuracy": "maximize", "latency": "minimize"})
    both = trial(0, value=0.9, values={"accuracy": 0.9, "latency": 30.0})
    doc = trials.document(recorded(both, objectives=objectives))
    assert doc["objectives"] == {"accuracy": "maximize", "latency": "minimize"}
    assert (values(doc, "accuracy"), values(doc, "latency")) == ([0.9], [30.0])


@pytest.mark.parametrize("address", ["nothing", "trials/1", "", "trials/"])
def test_an_unknown_address_is_refused(address: str) -> None:
    with pytest.raises(DocumentError, match="there is no document"):
        make(recorded(trial(0)), address)
