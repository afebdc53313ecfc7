"""The document of how long trials took."""

from controller.views.page.documents import time
from tests.unit.views.page.pages import report, trial


def test_each_activity_in_numbers() -> None:
    trials = [trial(n, seconds={"running": float(n), "verifying": 0.5}) for n in (1, 2, 6)]
    doc = time.document(report(*trials))
    assert doc["activities"] == [
        {"name": "verifying", "total": 1.5, "median": 0.5, "longest": 0.5},
        {"name": "running", "total": 9.0, "median": 2.0, "longest": 6.0},
    ]
    assert len(doc["figure"]["data"]) == 2
    assert [row["name"] for row in doc["waits"]] == ["a parent", "a slot", "Ansible and the start"]


def test_no_trial_and_no_seconds() -> None:
    assert time.document(report()) == {"figure": None, "activities": [], "waits": []}
    assert time.document(report(trial(0)))["activities"] == []
