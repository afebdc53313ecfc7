"""Writing the page of an experiment."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from controller.views.page import build
from controller.views.page.documents.analysis import importance
from controller.views.page.source import Source
from tests.unit.views.page.pages import recorded, trial


@pytest.mark.parametrize("with_importance", [False, True])
def test_importance_is_worked_out_when_it_is_asked_for(
    with_importance: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = recorded(trial(0), name="a b")
    monkeypatch.setattr("controller.views.page.notes.of_weights", lambda *_: ())
    monkeypatch.setattr("controller.state.record.load", lambda place, curves: None)
    monkeypatch.setattr(Source, "of", lambda record: source)
    monkeypatch.setattr(importance, "document", lambda source, limit: {"state": "done"})
    place: Any = cast("Any", SimpleNamespace(report=tmp_path / "report.html"))
    page = build.draw(place, with_importance=with_importance).read_text()
    held = f'"a%20b/importance":{json.dumps({"state": "done"}, separators=(",", ":"))}'
    assert (held in page) is with_importance
