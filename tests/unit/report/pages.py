"""Reports to look at in tests: how to make one, and how to read one back."""

import json
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from controller.core.model import Attempt, AttemptState, State, Trial
from controller.views.report import ReportData, write
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


def report(*trials: Trial, **more: Any) -> ReportData:
    """The report of a search that these trials were."""
    known: dict[str, Any] = {
        "name": "digits",
        "description": "",
        "objectives": Objectives(),
        "state": "finished",
        "started_at": START,
        "ended_at": START + 60,
        "trials": trials,
        "curves": {},
        "seconds": {},
    }
    return ReportData(**known | more)


class Page(HTMLParser):
    """A page as a browser takes it apart."""

    def __init__(self, data: ReportData, path: Path) -> None:
        super().__init__()
        write(data, path)
        self.source = path.read_text(encoding="utf-8")
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.text: list[str] = []
        self.scripts: list[str] = []
        self.rows: list[list[str]] = []
        self._cell = False
        self.feed(self.source)
        self.close()

    @property
    def visible_text(self) -> str:
        """The text of the page, without scripts."""
        return " ".join(" ".join(self.text).split())

    @property
    def figures(self) -> Any:
        """The pictures' JSON."""
        return json.loads(self.scripts[0])

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag == "script":
            self.scripts.append("")
        if tag == "tr" and any(name == "id" for name, _ in attrs):
            self.rows.append([])
        self._cell = bool(self.rows) and tag in ("td", "th")
        if self._cell:
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th"):
            self._cell = False

    def handle_data(self, data: str) -> None:
        if self.lasttag == "script" and self.scripts and self.cdata_elem == "script":
            self.scripts[-1] += data
        elif self.cdata_elem is None:
            self.text.append(data)
            if self.rows and self.lasttag in ("td", "th", "a"):
                self.rows[-1][-1] += data.strip() if self._cell or self.lasttag == "a" else ""
