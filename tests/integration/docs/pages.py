"""Markdown pages: their fenced blocks, tables and links."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.integration.search.conftest import REPOSITORY

DOCS = REPOSITORY / "docs"
README = REPOSITORY / "README.md"
PAGES = [README, *sorted(DOCS.rglob("*.md"))]

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """A fenced block. One whose first line is `# some/path` is the file of that name."""

    language: str
    text: str

    @property
    def path(self) -> str | None:
        found = re.match(r"# ([\w./-]+)\n", self.text)
        return found[1] if found else None

    @property
    def commands(self) -> Iterator[tuple[str, list[str]]]:
        """Of a console block: each command with the output lines below it."""
        for part in re.split(r"^\$ ", self.text, flags=re.MULTILINE)[1:]:
            command, *output = part.splitlines()
            yield command, output


def page_id(page: Path) -> str:
    """A page's path below the repository, such as `docs/how-to/nni.md`."""
    return str(page.relative_to(REPOSITORY))


def blocks(page: Path) -> list[Block]:
    return [Block(*found) for found in _FENCE.findall(page.read_text())]


def prose(page: Path) -> str:
    """A page without its fenced blocks."""
    return _FENCE.sub("", page.read_text())


def rows(page: Path, heading: str) -> list[list[str]]:
    """The cells of the first table below a heading, without the table's two header lines."""
    section = page.read_text().partition(f"\n{heading}\n")[2]
    assert section, f"{page.name} has no {heading!r}"
    table = re.search(r"^\|.*?(?=^[^|]|^$|\Z)", section, re.MULTILINE | re.DOTALL)
    assert table is not None
    lines = table[0].splitlines()[2:]
    return [re.split(r"\s*\|\s*", line)[1:-1] for line in lines]


def code(text: str) -> list[str]:
    """The texts between backticks."""
    return re.findall(r"`([^`\n]+)`", text)


def output_pattern(line: str) -> re.Pattern[str]:
    """Matches a line of output: numbers match any number, `…` anything, spaces any spaces."""
    escaped = re.escape(" ".join(line.split())).replace("…", ".*")
    return re.compile(re.sub(r"\d+", r"\\d+", escaped))
