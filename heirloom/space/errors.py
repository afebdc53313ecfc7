"""The error of an invalid search space, or of an invalid value of one of its parameters."""

from __future__ import annotations

from typing import Union

Path = tuple[Union[str, int], ...]
Mistake = tuple[Path, str]


class SpaceError(ValueError):
    """An invalid search space. `mistakes` has the path and the text of each mistake."""

    def __init__(self, mistakes: list[Mistake]) -> None:
        self.mistakes = mistakes
        super().__init__("; ".join(f"{_dotted(path)}: {text}" for path, text in mistakes))


def _dotted(path: Path) -> str:
    return ".".join(map(str, path)) or "search space"
