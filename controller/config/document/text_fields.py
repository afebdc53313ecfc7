"""Carries text as the file has it: `PYVER: 3.10` is the text 3.10 where a field takes text."""

from __future__ import annotations

import re
import types
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel

from controller.config.document.document import Document
from controller.config.mistakes import Key

_SWITCH = re.compile(r"yes|no|on|off", re.IGNORECASE)


def carry_text(document: Document, model: type[BaseModel]) -> None:
    """Replace each value of a field that takes text by the text in the file. Null stays null."""
    for key, text in document.texts.items():
        if _takes_text(model, key) and _at(document.value, key) is not None:
            _at(document.value, key[:-1])[key[-1]] = text


def refuse_ambiguous(document: Document) -> None:
    """Add a mistake for each value that is text to some and not to others.

    That is yes, no, on and off in a search space and in the arguments of a class of the user's
    own: true and false in YAML 1.1, text in YAML 1.2. And it is a number in an inventory that
    YAML would not write as it is written there: a password 1_000 or 3.10.
    """
    for key, text in document.texts.items():
        value = _at(document.value, key)
        if _is_untyped(document, key) and _SWITCH.fullmatch(text):
            mistake = f"{text} is text or a truth value: write '{text}' in quotes, or true or false"
            document.mistakes.append(document.mistake(key, mistake))
        elif key[0] == "inventory" and type(value) in (int, float) and str(value) != text:
            mistake = f"YAML reads {text} as the number {value}: put it in quotes"
            document.mistakes.append(document.mistake(key, mistake))


def _is_untyped(document: Document, key: Key) -> bool:
    if key[1:2] == ("args",):
        return _at(document.value, (key[0], "class")) is not None
    return key[0] == "search_space"


def _takes_text(annotation: Any, key: Key) -> bool:
    """Whether the value at a key, of a value of a type, is text."""
    if not key:
        return any(_is_text(found) for found in _alternatives(annotation))
    return any(
        _takes_text(inner, key[1:])
        for found in _alternatives(annotation)
        for inner in _inner(found, key[0])
    )


def _alternatives(annotation: Any) -> Iterator[Any]:
    """The types that a union consists of, without their metadata."""
    origin, inner = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is Annotated:
        yield from _alternatives(inner[0])
    elif origin in (typing.Union, types.UnionType):
        for each in inner:
            yield from _alternatives(each)
    else:
        yield annotation


def _is_text(annotation: Any) -> bool:
    return annotation in (str, Path) or typing.get_origin(annotation) is Literal


def _inner(annotation: Any, part: str | int) -> Iterator[Any]:
    """The types of the value at a key, or at an index, of a value of a type."""
    origin, inner = typing.get_origin(annotation), typing.get_args(annotation)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        fields = annotation.model_fields.items()
        yield from (each.annotation for name, each in fields if (each.alias or name) == part)
    elif origin is dict:
        yield inner[1]
    elif origin in (list, tuple) and isinstance(part, int):
        yield inner[0]
    elif origin in (list, tuple):  # a field that takes a list of sections may take a single one
        for each in _alternatives(inner[0]):
            yield from _inner(each, part)


def _at(value: Any, key: Key) -> Any:
    """The value at a key; None where a translation has replaced the section around it."""
    try:
        for part in key:
            value = value[part]
    except (KeyError, IndexError, TypeError):
        return None
    return value
