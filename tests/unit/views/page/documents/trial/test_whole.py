"""Everything of one trial."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from controller.core import events as e
from controller.core.model import Outcome
from controller.state import record as records
from controller.views.page.documents import DocumentError, make
from controller.views.page.documents.trial.changes import changes
from controller.views.page.source import Source
from heirloom.store.manifest import Entry, Manifest
from tests.unit.views.trials.searches import Search


@pytest.fixture
def search(tmp_path: Path) -> Search:
    """Trial 0 succeeded at its second attempt, and 1 started from it."""
    search = Search(tmp_path, root=tmp_path / "root-1")
    search.trial({"lr": 0.1, "depth": 1, "old": True})
    search.happen(
        e.Ended(at=2.0, trial=0, number=1, outcome=Outcome.FAILED, reason="exit code 1"),
        e.CheckAsked(at=2.0, trial=0),
        e.NoVerdict(at=2.0, trial=0),
        e.Placed(at=3.0, trial=0, number=2, node="a"),
        e.Began(at=3.0, trial=0, number=2),
    )
    search.end(0, 0.5)
    search.trial({"lr": 0.1, "depth": 2, "layers": [{"id": 7, "kind": "conv"}]}, 0)
    search.end(1, 0.25, inherited={"share": 0.5, "whole": 2, "names": {"whole": ["a", "b"]}})
    return search


def source(search: Search) -> Source:
    return Source.of(records.load(search.place, curves=True))


def document(search: Search, address: str, options: Mapping[str, str] | None = None) -> Any:
    return make(source(search), address, options)


def test_what_explains_a_trial(search: Search) -> None:
    search.report(1, 0.6, step=1, loss=2.0)
    found = document(search, "trial/1")
    assert (found["state"], found["why"], found["is_best"]) == ("succeeded", "committed", True)
    [diff] = found["diff"]
    assert (diff["parent"], diff["relation"]) == (0, "trial 1 starts from trial 0")
    assert diff["changes"] == [
        ("depth", 1, 2),
        ("old", True, None),
        ("layers.7", None, {"id": 7, "kind": "conv"}),
    ]
    assert found["inherited"]["words"].startswith("50.0% of the numbers; tensors: 2 whole (a, b)")
    assert set(found["curves"]) == {"value", "loss"}
    assert found["commands"]["diff"].endswith("diff cnn 0 1")
    assert document(search, "trial/0")["children"] == [1]


def test_attempts_have_their_reasons(search: Search) -> None:
    found = document(search, "trial/0")
    assert [(each["attempt"], each["reason"]) for each in found["attempts"]] == [
        ("0.1", "exit code 1"),
        ("0.2", ""),
    ]
    assert found["children"] == [1]


def test_the_manifest_is_read_from_the_store(search: Search, tmp_path: Path) -> None:
    verdict = tmp_path / "root-1" / "trials" / "1"
    assert document(search, "trial/1")["manifest"] is None
    verdict.mkdir(parents=True)
    files = (
        Entry("w/a", 3, "sha256:" + "0" * 64),
        Entry("w/b", 4, "sha256:" + "1" * 64, shared=0),
    )
    written = Manifest("root-1", 1, "succeeded", attempt="1.1", node="a", files=files, weights=True)
    (verdict / "manifest.json").write_bytes(written.to_json())
    found = document(search, "trial/1")["manifest"]
    assert [(each["path"], each["size"], each["origin"]) for each in found["files"]] == [
        ("w/a", 3, None),
        ("w/b", 4, 0),
    ]
    assert (found["size"], found["shared"], found["left_out"]) == (7, 4, 0)
    (verdict / "manifest.json").write_text(json.dumps({"format": 1}))
    found = document(search, "trial/1")
    assert found["manifest"] is None
    assert "manifest" in found["problem"]


@pytest.mark.parametrize("address", ["trial", "trial/", "trial/x", "trial/2", "trial/-1"])
def test_a_trial_that_does_not_exist_is_refused(search: Search, address: str) -> None:
    with pytest.raises(DocumentError):
        document(search, address)


def test_changes_tell_types_apart() -> None:
    assert changes({"a": 1, "b": 1}, {"a": 1.0, "b": True}) == [("a", 1, 1.0), ("b", 1, True)]
    assert changes({"a": {"b": 1, "c": 2}}, {"a": {"b": 1, "c": 3}}) == [("a.c", 2, 3)]
