"""Mistakes in an experiment file, each with its place and its remedy."""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic_core import ErrorDetails, PydanticCustomError

from controller.errors import HeirloomError

Key = tuple[str | int, ...]  # the path of keys and indexes to a value


@dataclass(frozen=True, slots=True)
class Mistake:
    """One mistake: `experiment.yml:12: trial.gpus: must be at least 0, not -1`."""

    file: Path
    line: int | None
    key: Key
    text: str

    def __str__(self) -> str:
        place = str(self.file) if self.line is None else f"{self.file}:{self.line}"
        return ": ".join(filter(None, [place, ".".join(map(str, self.key)), self.text]))


class ConfigError(HeirloomError):
    """An invalid experiment file. The text has one line for each of `mistakes`."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        self.mistakes = list(mistakes)
        super().__init__("\n".join(map(str, self.mistakes)))


def several(mistakes: Iterable[tuple[Key, str]]) -> PydanticCustomError:
    """An error for validators that find many mistakes. Keys are relative to the validated value."""
    return PydanticCustomError("several", "several mistakes", {"mistakes": list(mistakes)})


def messages(error: ErrorDetails, known: Sequence[str]) -> list[tuple[Key, str]]:
    """The mistakes of one error of pydantic. `known` lists the keys that are valid at its place."""
    key = tuple(part for part in error["loc"] if part != "[key]")
    context = error.get("ctx", {})
    if error["type"] == "several":
        return [((*key, *inner), text) for inner, text in context["mistakes"]]
    if error["type"] == "extra_forbidden":
        return [(key, unknown_name("key", str(key[-1]), known))]
    if error["type"] == "value_error":
        return [(key, str(context["error"]))]
    if error["type"] == "literal_error":
        return [(key, _not_a_choice(error["input"], context["expected"]))]
    kind = error["type"]
    if kind == "is_instance_of" and context["class"] == "Sequence":
        kind = "list_type"
    return [
        (
            key,
            _MESSAGES.get(kind, "{msg}").format(
                got=_short(error["input"]), msg=error["msg"], **context
            ),
        )
    ]


def unknown_name(
    what: str, name: str, known: Iterable[str], plain: Callable[[str], str] = str
) -> str:
    """A message about an unknown name that suggests the nearest known one.

    `plain` gives the part of a name by which names are compared.
    """
    known = list(known)
    spelled = {plain(each): each for each in known}
    near = difflib.get_close_matches(plain(name), spelled, n=1)
    hint = f"did you mean {spelled[near[0]]}? " if near else ""
    listed = f"Known: {', '.join(known)}" if known else "None is known here"
    return f"unknown {what} {name}; {hint}{listed}"


def _not_a_choice(got: Any, expected: str) -> str:
    names = expected.replace(" or ", ", ").replace("'", "").split(", ")
    near = difflib.get_close_matches(str(got), names, n=1)
    hint = f"; did you mean {near[0]}?" if near else ""
    return f"must be one of {', '.join(names)}, not {_short(got)}{hint}"


def _short(value: Any) -> str:
    is_word = value is None or isinstance(value, bool)  # as in the file: null, true, false
    text = json.dumps(value) if is_word else repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"


_MESSAGES = {  # by pydantic's type of error
    "missing": "missing: this key is needed",
    "string_type": "must be text, not {got}: put it in quotes",
    "int_type": "must be a whole number, not {got}",
    "float_type": "must be a number, not {got}",
    "bool_type": "must be true or false, not {got}",
    "dict_type": "must be a mapping (lines of the form `key: value`), not {got}",
    "model_type": "must be a mapping (lines of the form `key: value`), not {got}",
    "greater_than_equal": "must be at least {ge}, not {got}",
    "invalid_key": "a key must be text: put it in quotes",
    "list_type": "must be a list, not {got}",
    "sequence_str": "must be a list, not {got}",
    "greater_than": "must be above {gt}, not {got}",
    "less_than_equal": "must be at most {le}, not {got}",
    "finite_number": "must be a finite number, not {got}",
    "too_short": "must have at least {min_length} item, not {actual_length}",
}
