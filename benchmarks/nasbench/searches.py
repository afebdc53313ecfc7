"""Searches that are done, in a file: a comparison that is ended goes on where it was."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any, ClassVar, Protocol


class Task(Protocol):
    """All that decides what a search finds: a dataclass."""

    __dataclass_fields__: ClassVar[dict[str, Any]]


class Searches:
    """Searches by task. The file has one a line; remove it after a change of a tuner."""

    def __init__(self, path: Path) -> None:
        self._path = path
        lines = path.read_text().splitlines() if path.exists() else []
        self._done = {search["task"]: search for search in map(json.loads, lines)}

    def get(self, task: Task) -> dict[str, Any] | None:
        """What `add` noted, under `found` and `measured`; None if it was not done."""
        return self._done.get(_text(task))

    def add(self, task: Task, found: Any, measured: dict[str, Any]) -> None:
        """Note what a search found, and what it was measured with."""
        search = {"task": _text(task), "found": found, "measured": measured}
        self._done[search["task"]] = search
        with self._path.open("a") as file:
            file.write(json.dumps(search) + "\n")


def _text(task: Task) -> str:
    return json.dumps(asdict(task), sort_keys=True)
