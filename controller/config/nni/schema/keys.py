"""Brings the keys of an NNI configuration to the spelling that the models have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel

from controller.config.document import Document, Place
from controller.config.lookup import section_of
from controller.config.mistakes import Key, Mistake

_T = TypeVar("_T")

# Sections that NNI takes one of, or a list of. They become lists.
_ONE_OR_MANY = frozenset({"trainingService"})


def canonical(document: Document, model: type[BaseModel]) -> Document:
    """The document with the keys of the models, which are camelCase.

    NNI 2 ignores case and underscores in keys. Names in search spaces and in the arguments of
    classes are left as they are. A key that stands there in two spellings is a mistake.
    """
    speller = _Speller(document)
    value = speller.section(document.value, model, (), ())
    mistakes = [*document.mistakes, *speller.mistakes]
    return Document(value, speller.places(), mistakes, speller.sources, speller.texts())


def plain(key: object) -> str:
    """A key without case and underscores, as NNI compares it."""
    return str(key).lower().replace("_", "")


class _Speller:
    """Renames the keys of a document. `sources` has the key in the file for each renamed key."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self.sources: dict[Key, Key] = {}
        self.mistakes: list[Mistake] = []

    def section(self, value: Any, model: type[BaseModel], key: Key, source: Key) -> Any:
        """The section with renamed keys. A value that is no mapping is left as it is."""
        self.sources[key] = source
        if not isinstance(value, dict):
            return value
        known = {
            plain(name): (field.alias or name, field.annotation)
            for name, field in model.model_fields.items()
        }
        found: dict[Any, Any] = {}
        for name, item in value.items():
            alias, annotation = known.get(plain(name), (name, None))
            here, there = (*key, alias), (*source, name)
            if alias in found:
                self._duplicate(here, there)
                continue
            inner = section_of(annotation)
            if inner is None:
                self.sources[here] = there
                found[alias] = item
            else:
                found[alias] = self._sections(item, inner, here, there)
        return found

    def places(self) -> dict[Key, Place]:
        """The places of the renamed keys."""
        places = {key: self._document.place(source) for key, source in self.sources.items()}
        for key, place in self._renamed(self._document.places).items():
            places.setdefault(key, place)
        return places

    def texts(self) -> dict[Key, str]:
        """The texts of the values at the renamed keys."""
        return self._renamed(self._document.texts)

    def _renamed(self, values: Mapping[Key, _T]) -> dict[Key, _T]:
        """Values by their keys in the file, with renamed keys."""
        keys = {source: key for key, source in self.sources.items()}
        found: dict[Key, _T] = {}
        for source, value in values.items():
            length = next((n for n in range(len(source), -1, -1) if source[:n] in keys), 0)
            found.setdefault((*keys[source[:length]], *source[length:]), value)
        return found

    def _sections(self, value: Any, model: type[BaseModel], key: Key, source: Key) -> Any:
        """A section, or each section of a list."""
        if key[-1] in _ONE_OR_MANY and not isinstance(value, list):
            self.sources[key] = source
            return [self.section(value, model, (*key, 0), source)]
        if not isinstance(value, list):
            return self.section(value, model, key, source)
        self.sources[key] = source
        return [
            self.section(item, model, (*key, index), (*source, index))
            for index, item in enumerate(value)
        ]

    def _duplicate(self, key: Key, source: Key) -> None:
        first = self.sources[key]
        line = self._document.place(first).line
        text = f"is the same key as {first[-1]} on line {line}: remove one of them"
        place = self._document.place(source)
        self.mistakes.append(Mistake(place.file, place.line, source, text))
