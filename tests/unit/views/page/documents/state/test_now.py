"""What an experiment is doing now: summary, trials on nodes, and nodes."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from controller.core import events as e
from controller.core.model import NodeInfo
from controller.errors import HeirloomError
from controller.state import record as records
from controller.state.lock import Lock
from controller.views.page.documents import make
from controller.views.page.documents.state import overview, summary
from controller.views.page.source import Source
from tests.unit.views.trials.searches import Search


@pytest.fixture
def search(tmp_path: Path) -> Search:
    """Trials 0 and 1 run, 2 is armed behind 0, 3 is with Ansible; node b is down, c set aside."""
    search = Search(tmp_path, root=tmp_path / "root")
    (tmp_path / "root").mkdir()
    search.trial({"lr": 0.1})
    search.trial({"lr": 0.2})
    at: dict[str, Any] = {"at": 20.0}
    search.happen(
        e.NodesFound(nodes=(NodeInfo("a", 4), NodeInfo("b", 2, 1), NodeInfo("c", 2)), **at),
        e.Proposed(trial=2, params={}, parents=(0,), **at),
        e.Placed(trial=2, number=1, node="a", restore=(0,), **at),
        e.Armed(trial=2, number=1, **at),
        e.Proposed(trial=3, params={}, **at),
        e.Placed(trial=3, number=1, node="gone", **at),
        e.NodeDown(node="b", reason="no route to host", **at),
        e.NodeSetAside(node="c", reason="three attempts failed", wait=60.0, **at),
        e.RoomShort(free=5, needed=7, **at),
    )
    return search


def source(search: Search) -> Source:
    return Source.of(records.load(search.place, curves=True))


def document(search: Search, address: str, options: Mapping[str, str] | None = None) -> Any:
    return make(source(search), address, options)


def test_running_trials_and_what_the_others_wait_for(search: Search) -> None:
    search.report(0, 0.7, step=1)
    search.report(0, float("nan"), step=2)
    search.report(0, 0.4, step=3)
    found = document(search, "running")
    assert [(each["id"], each["state"], each["waits_for"]) for each in found["trials"]] == [
        (0, "running", ""),
        (1, "running", ""),
        (2, "armed", "trial 0"),
        (3, "placed", "Ansible"),
    ]
    assert found["trials"][0]["last"] == 0.4
    assert found["trials"][0]["curve"]["steps"] == [1, 2, 3]
    assert found["trials"][1]["curve"] == {"steps": [], "values": []}


def test_a_child_is_compared_with_its_parent(search: Search) -> None:
    search.end(0, 0.5)
    search.happen(e.Began(at=30.0, trial=2, number=1))
    search.happen(e.Reported(at=31.0, trial=2, number=1, step=1, value=0.4))
    row = next(each for each in document(search, "running")["trials"] if each["id"] == 2)
    assert (row["parent_value"], row["last"], row["is_better"]) == (0.5, 0.4, True)


def test_nodes_and_why_they_are_not_used(search: Search, tmp_path: Path) -> None:
    beat = tmp_path / "root" / "attempts" / "0.1" / "heartbeat"
    beat.parent.mkdir(parents=True)
    beat.touch()
    os.utime(beat, (1234.0, 1234.0))
    nodes = {each["name"]: each for each in document(search, "nodes")["nodes"]}
    assert [(each["name"], each["state"], each["reason"]) for each in nodes.values()] == [
        ("a", "up", None),
        ("b", "no answer", "no route to host"),
        ("c", "set aside", "three attempts failed"),
        ("gone", "not in the inventory", None),
    ]
    assert [each["id"] for each in nodes["a"]["trials"]] == [0, 1, 2]
    assert (nodes["a"]["busy"], nodes["a"]["slots"], nodes["b"]["gpus"]) == (2, 4, 1)
    assert (nodes["a"]["seen_at"], nodes["b"]["seen_at"]) == (1234.0, None)


def test_troubles_are_told_in_words(search: Search) -> None:
    found = document(search, "summary")
    assert found["state"] == "interrupted"
    assert found["troubles"][0].startswith("no trial is started: the store has 5 bytes free")
    assert found["troubles"][1:] == [
        "node b does not answer: no route to host",
        "node c is set aside: three attempts failed",
    ]
    assert found["notes"][0].startswith("No controller runs the search")
    assert (found["waits"], found["actions"]) == ([], ["cancel", "retry"])
    assert found["store"]["free"] > 0


def test_a_search_that_a_controller_runs_can_be_steered(search: Search) -> None:
    with Lock(search.place):
        found = document(search, "summary")
        assert found["actions"] == ["cancel", "retry", "stop", "extend"]
        assert found["controller"].startswith("process ")
        assert "free space on the store" in found["waits"]
        assert document(search, "summary", {"read_only": "1"})["actions"] == []


def test_a_store_that_cannot_be_read_is_a_trouble(search: Search) -> None:
    found = summary.document(source(search), HeirloomError("the store does not answer"))
    assert found["troubles"][-1] == "the store does not answer"
    assert found["store"]["free"] is None


def test_an_ended_search_has_its_reason_and_its_best(search: Search) -> None:
    search.end(0, 0.5)
    search.end(1, 0.25)
    search.happen(e.Closed(at=99.0, reason="the budget of 10 trials is used up"))
    found = document(search, "summary")
    assert (found["best"]["id"], found["best"]["shown"]) == (1, "0.25")
    assert found["notes"] == ["The search ended: the budget of 10 trials is used up."]
    assert found["actions"] == ["retry"]
    assert found["budget"]["done"] == 2


def test_the_row_of_the_overview_has_each_improvement(search: Search) -> None:
    search.end(0, 0.5)
    search.end(1, 0.75)
    for value in (0.25, float("inf"), 0.3):
        trial = 4 if search.count == 2 else search.count
        search.count = trial
        search.end(search.trial({}), value)
    row = overview.row(source(search))
    assert row["sparkline"] == {"trials": [1, 5, 7], "values": [0.5, 0.25, 0.25]}
