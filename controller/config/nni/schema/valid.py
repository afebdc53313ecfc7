"""Checks an NNI configuration against its model, and goes on with what is right in it.

So a mistake in one key does not hide the mistakes in the others.
"""

from __future__ import annotations

import copy
import difflib
from collections.abc import Iterator
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from controller.config.document import Document
from controller.config.lookup import field_at, mistakes_of, section_of, sibling_keys
from controller.config.mistakes import Key, Mistake
from controller.config.nni.schema.sections import FOREIGN

_Model = TypeVar("_Model", bound=BaseModel)

# Sections whose keys depend on the platform.
_OF_THE_PLATFORM = ("trial", "trainingService")


def valid_part(document: Document, model: type[_Model]) -> tuple[_Model, list[Mistake], set[Key]]:
    """The configuration without its wrong keys, the mistakes, and the keys that are unknown.

    Unknown are keys that were wrong, and keys that were missing and have a placeholder here. A key
    that is missing since it is misspelt is unknown too. Keys that belong to a platform of NNI's
    that is not supported are neither mistakes nor unknown.
    """
    value = copy.deepcopy(document.value)
    mistakes: list[Mistake] = []
    unknown: set[Key] = set()
    is_first = True
    while True:
        try:
            return model.model_validate(value), mistakes, unknown
        except ValidationError as error:
            errors = error.errors()
            misspelt = set(_meant(errors, model))
            is_foreign = _is_foreign(document.value)
            for found in errors:
                key = tuple(part for part in found["loc"] if part != "[key]")
                hidden = is_foreign and _belongs_to_the_platform(found["type"], key)
                # Later rounds find only what follows from the first ones.
                if is_first and not hidden and not (found["type"] == "missing" and key in misspelt):
                    mistakes += mistakes_of(found, document, model)
                unknown.add(_without(value, key, found["type"], model))
            unknown |= misspelt
            is_first = False


def _without(value: Any, key: Key, kind: str, model: type[BaseModel]) -> Key:
    """Remove a wrong key, or give a missing one a placeholder. Returns the key."""
    *around, last = key
    parents: list[tuple[Any, str | int]] = []  # the containers on the way, with the part of the key
    container = value
    for part in around:
        parents.append((container, part))
        container = _item(container, part)
    if kind == "missing" and isinstance(container, dict):
        container[last] = _placeholder(key, model)
        return key
    parents.append((container, last))
    for length in range(len(parents), 0, -1):
        holder, part = parents[length - 1]
        if isinstance(holder, dict) and part in holder:
            del holder[part]
            return key[:length]
    return key


def _item(container: Any, part: str | int) -> Any:
    if isinstance(container, dict):
        return container.get(part)
    if isinstance(container, list) and isinstance(part, int) and part < len(container):
        return container[part]
    return None


def _placeholder(key: Key, model: type[BaseModel]) -> Any:
    field = field_at(model, key)
    annotation = field.annotation if field else None
    if section_of(annotation) is not None:
        is_list = getattr(annotation, "__origin__", None) is list
        return [{}] if is_list else {}
    if annotation is int:
        return 1
    return "local" if _names_platform(key) else "true"


def _names_platform(key: Key) -> bool:
    """Whether a key is the one that names the platform."""
    return key[-1] in ("platform", "trainingServicePlatform")


def _meant(errors: list[ErrorDetails], model: type[BaseModel]) -> Iterator[Key]:
    """The keys that unknown ones are nearest to."""
    for found in errors:
        if found["type"] == "extra_forbidden":
            *around, name = found["loc"]
            known = sibling_keys(model, found["loc"])
            for near in difflib.get_close_matches(str(name), known, n=1):
                yield (*around, near)


def _is_foreign(value: Any) -> bool:
    """Whether a platform of the file is one of NNI's that is not supported."""
    services = value.get("trainingService")
    found = [value.get("trainingServicePlatform")]
    if isinstance(services, list):
        found += [each.get("platform") for each in services if isinstance(each, dict)]
    return any(platform in FOREIGN for platform in found if isinstance(platform, str))


def _belongs_to_the_platform(kind: str, key: Key) -> bool:
    if kind not in ("extra_forbidden", "missing") or _names_platform(key):
        return False
    return key[0] in _OF_THE_PLATFORM or str(key[0]).endswith("Config")
