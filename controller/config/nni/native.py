"""Heirloom's own form while it is made, and from which key of the file each part of it comes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from controller.config.mistakes import Key

# Mappings that are one value, and not sections: another replaces them.
_WHOLE: tuple[Key, ...] = (("search_space",), ("inventory",), ("trial", "environment"))
_CHOICES: tuple[Key, ...] = (("tuner",), ("assessor",))


class Native:
    """An experiment in Heirloom's own form. Paths stand as the file has them.

    `named` has the file's key of each part, `notes` what is to be known about a key of the file,
    and `mistakes` what is wrong with one.
    """

    def __init__(self) -> None:
        self.value: dict[str, Any] = {}
        self.named: dict[Key, Key] = {}
        self.notes: list[tuple[Key, str]] = []
        self.mistakes: list[tuple[Key, str]] = []

    def put(self, key: Key, value: Any, source: Key) -> None:
        """Say something, unless it is None; `source` is where the file says it."""
        if value is None:
            return
        section = self.value
        for part in key[:-1]:
            section = section.setdefault(str(part), {})
        section[str(key[-1])] = value
        self.named[key] = source

    def note(self, key: Key, words: str) -> None:
        """Something to know about a key of the file."""
        self.notes.append((key, words))

    def mistake(self, key: Key, words: str) -> None:
        """Something wrong with a key of the file."""
        self.mistakes.append((key, words))

    def overlay(self, said: Mapping[str, Any], source: Key, key: Key = ()) -> None:
        """Put a mapping in this form over what is there. null takes a key away."""
        for name, value in said.items():
            inner, there = (*key, name), (*source, name)
            before = self._at(inner)
            section = isinstance(value, Mapping) and inner not in _WHOLE
            if value is None:
                if isinstance(around := self._at(key), dict):
                    around.pop(name, None)
            elif section and (before is None or isinstance(before, dict)) and value:
                if inner in _CHOICES and value.keys() & {"name", "class"}:
                    self.value.pop(name, None)  # another one: nothing of the first applies to it
                self.named[inner] = there
                self.overlay(value, there, inner)
            elif not section or before is None:
                self.put(inner, value, there)

    def _at(self, key: Key) -> Any:
        value: Any = self.value
        for part in key:
            value = value.get(part) if isinstance(value, dict) else None
        return value
