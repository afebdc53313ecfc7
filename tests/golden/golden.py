"""Golden homes: what earlier versions of Heirloom wrote, unpacked for a test."""

from __future__ import annotations

import json
import sqlite3
import sys
import tarfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
FORMATS = sorted(path.parent.name for path in HERE.glob("*/home.tar.xz"))
_MADE_UNDER = "/tmp/heirloom-golden"


class Golden:
    """A golden home and store under a directory of the test's.

    `expected` is what the version that made them printed, with this directory's name in it.
    """

    def __init__(self, format_name: str, directory: Path) -> None:
        self.path, self._format = directory, format_name
        self.home = directory / "home"
        with tarfile.open(HERE / format_name / "home.tar.xz") as archive:
            archive.extraction_filter = getattr(tarfile, "tar_filter", None)  # from 3.11.4 on
            archive.extractall(directory)
        for path in self._texts():
            path.write_text(self._moved(path.read_text()))
        for path in self.home.glob("experiments/*/journal.db"):
            with closing(sqlite3.connect(path)) as journal, journal:
                change = "UPDATE events SET body = replace(body, ?, ?)"
                journal.execute(change, (_MADE_UNDER, str(directory)))
        (directory / "python").symlink_to(sys.executable)
        (self.home / "store").chmod(0o700)

    @property
    def expected(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(
            self._moved((HERE / self._format / "expected.json").read_text())
        )
        return found

    def journal(self, name: str) -> Path:
        """The journal of an experiment."""
        return self.home / f"experiments/{name}/journal.db"

    def _moved(self, text: str) -> str:
        return text.replace(_MADE_UNDER, str(self.path))

    def _texts(self) -> Iterator[Path]:
        yield from self.home.glob("experiments/*/*.yml")
        yield from self.home.glob("store/*/*/recovery.json")


def rows(journal: Path) -> list[tuple[Any, ...]]:
    """The rows of a journal, and its format."""
    with closing(sqlite3.connect(f"{journal.as_uri()}?mode=ro", uri=True)) as connection:
        version = connection.execute("PRAGMA user_version").fetchone()
        events = connection.execute("SELECT * FROM events ORDER BY seq").fetchall()
    return [version, *events]
