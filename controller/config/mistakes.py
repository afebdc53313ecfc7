"""Mistakes in an experiment file, in words: what, where, and what would be right."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic_core import ErrorDetails, PydanticCustomError

from controller.errors import HeirloomError

Key = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Mistake:
    """One mistake: `experiment.yml:12: trial.gpus: must be at least 0, not -1`."""

    file: Path
    line: int | None
    key: Key
    words: str

    def __str__(self) -> str:
        place = str(self.file) if self.line is None else f"{self.file}:{self.line}"
        return ": ".join(filter(None, [place, ".".join(map(str, self.key)), self.words]))


class ConfigError(HeirloomError):
    """The experiment file is wrong. The text has a line for each of `mistakes`."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        self.mistakes = list(mistakes)
        super().__init__("\n".join(map(str, self.mistakes)))


def several(mistakes: Iterable[tuple[Key, str]]) -> PydanticCustomError:
    """An error that a validator raises for many mistakes, each below the value it validates."""
    return PydanticCustomError("several", "several mistakes", {"mistakes": list(mistakes)})


def in_words(error: ErrorDetails, known: Sequence[str]) -> list[tuple[Key, str]]:
    """What pydantic found, as keys with words. `known`: the keys that could stand there."""
    key = tuple(part for part in error["loc"] if part != "[key]")
    context = error.get("ctx", {})
    if error["type"] == "several":
        return [((*key, *inner), words) for inner, words in context["mistakes"]]
    if error["type"] == "extra_forbidden":
        return [(key, unknown("key", str(key[-1]), known))]
    if error["type"] == "value_error":
        return [(key, str(context["error"]))]
    if error["type"] == "literal_error":
        return [(key, _choices(error["input"], context["expected"]))]
    return [(key, _WORDS.get(error["type"], "{msg}").format(
        got=_short(error["input"]), msg=error["msg"], **context
    ))]  # fmt: skip


def unknown(what: str, name: str, known: Iterable[str]) -> str:
    """Words for a name that nobody knows, with the nearest one that somebody does."""
    known = list(known)
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {near[0]}? " if near else ""
    listed = f"Known: {', '.join(known)}" if known else "None is known here"
    return f"unknown {what} {name}; {hint}{listed}"


def _choices(got: Any, expected: str) -> str:
    names = expected.replace(" or ", ", ").replace("'", "").split(", ")
    near = difflib.get_close_matches(str(got), names, n=1)
    hint = f"; did you mean {near[0]}?" if near else ""
    return f"must be one of {', '.join(names)}, not {_short(got)}{hint}"


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"


_WORDS = {
    "missing": "missing: this is needed",
    "string_type": "must be text, not {got}: put it in quotes",
    "int_type": "must be a whole number, not {got}",
    "float_type": "must be a number, not {got}",
    "bool_type": "must be true or false, not {got}",
    "dict_type": "must be a mapping (lines of the form `key: value`), not {got}",
    "model_type": "must be a mapping (lines of the form `key: value`), not {got}",
    "greater_than_equal": "must be at least {ge}, not {got}",
    "invalid_key": "a key must be text: put it in quotes",
    "list_type": "must be a list, not {got}",
}
