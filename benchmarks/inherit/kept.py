"""Searches that are done, a file each: a comparison that was ended goes on where it was."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from benchmarks.inherit.figures.runs import Run

Document = dict[str, Any]  # what the file of a search holds


def directory_of(build: Path, size: str) -> Path:
    """Where the searches of a size are kept."""
    return build / "inherit" / size


class Kept:
    """Searches by name. The file of a search names the digest of what was run."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        directory.mkdir(parents=True, exist_ok=True)

    def get(self, name: str, digest: str) -> Run | None:
        """The search that was kept; None if there is none, or one of another digest."""
        path = self._path(name)
        if not path.exists():
            return None
        found = json.loads(path.read_text())
        return Run.from_json(found["run"]) if found["digest"] == digest else None

    def put(self, name: str, digest: str, run: Run) -> None:
        """Keep a search, in place of one of the same name."""
        self.add(name, {"digest": digest, "run": run.to_json()})

    def add(self, name: str, document: Document) -> None:
        """Keep what the file of a search holds."""
        draft = self._path(name).with_suffix(".draft")
        draft.write_text(json.dumps(document))
        draft.replace(self._path(name))

    def documents(self) -> dict[str, Document]:
        """What the files hold, by the names of the searches."""
        paths = sorted(self._directory.glob("*.json"))
        return {path.stem: json.loads(path.read_text()) for path in paths}

    def _path(self, name: str) -> Path:
        return self._directory / f"{name}.json"
