"""Experiments to show in tests: how to make one, and how to read a page back."""

import json
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from controller.core.experiment import Experiment
from controller.core.model import Attempt, AttemptState, Rules, State, Trial
from controller.state.experiment_dir import ExperimentDir
from controller.state.record import Record
from controller.store.layout import Root
from controller.views.page import documents
from controller.views.page.html import write
from controller.views.page.source import Source
from heirloom.objective import Objectives

START = 1_700_000_000.0


def trial(number: int, *parents: int, **more: Any) -> Trial:
    """A trial that succeeded, by default, and that took two seconds."""
    began = START + number
    attempt = Attempt(1, "localhost", parents, AttemptState.ENDED, began, began, began + 2)
    known: dict[str, Any] = {
        "params": {"depth": 2},
        "restore": parents,
        "state": State.SUCCEEDED,
        "value": 0.5 + number / 100,
        "attempts": [attempt],
        "ended_at": began + 2,
    }
    return Trial(
        **known | more,
        id=number,
        parents=parents,
        proposed_at=began,
    )


def report(*trials: Trial, **more: Any) -> Source:
    """The source of a search that these trials were."""
    known: dict[str, Any] = {
        "record": None,
        "name": "digits",
        "description": "",
        "objectives": Objectives(),
        "state": "finished",
        "started_at": START,
        "ended_at": START + 60,
        "trials": trials,
    }
    return Source(**known | more)


def recorded(*trials: Trial, **more: Any) -> Source:
    """The same with a record, for documents that read one."""
    experiment = Experiment(Rules(objectives=more.get("objectives", Objectives())))
    experiment.last_at = START + 60
    for one in trials:
        experiment.add(one)
    place, root = ExperimentDir(Path("/nowhere/digits")), Root(Path("/nowhere/store/me/digits-1"))
    config = SimpleNamespace(search_space=more.get("space", {}), model=None, exporters={})
    record = Record(place, experiment, root, is_running=False)
    record.config = cast("Any", config)
    vars(record)["_file"] = {}  # instead of reading one
    return report(*trials, record=record, **more)


class Page(HTMLParser):
    """A page as a browser takes it apart."""

    def __init__(self, source: Source, path: Path) -> None:
        super().__init__()
        write(dict(documents.embedded(source)), source, path)
        self.source = path.read_text(encoding="utf-8")
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.text: list[str] = []
        self.scripts: list[str] = []
        self.styles: list[str] = []
        self.feed(self.source)
        self.close()

    @property
    def documents(self) -> Any:
        """The documents by their address."""
        return json.loads(self.scripts[0])

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag == "script":
            self.scripts.append("")
        if tag == "style":
            self.styles.append("")

    def handle_data(self, data: str) -> None:
        if self.cdata_elem == "script":
            self.scripts[-1] += data
        elif self.cdata_elem == "style":
            self.styles[-1] += data
        else:
            self.text.append(data)
