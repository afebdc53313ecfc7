"""The content of a file, with the line of every key."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from controller.config.mistakes import Key, Mistake


@dataclass(frozen=True, slots=True)
class Place:
    """A line of a file."""

    file: Path
    line: int


@dataclass(slots=True)
class Document:
    """The content of a file.

    Args:
        value: the mapping in it.
        places: the line of each key.
        mistakes: duplicate keys, and text that cannot be carried.
        sources: for keys that a translation renamed, the key in the file.
        texts: for values that YAML may read as something else than text, the text in the file.
        unknown: keys of which nothing is known because of a mistake that is listed. Mistakes at
            them, or below them, would follow from it, and are not reported.
    """

    value: Any
    places: dict[Key, Place]
    mistakes: list[Mistake] = field(default_factory=list)
    sources: dict[Key, Key] = field(default_factory=dict)
    texts: dict[Key, str] = field(default_factory=dict)
    unknown: set[Key] = field(default_factory=set)

    def mistake(self, key: Key, text: str) -> Mistake:
        """A mistake at a key, with its place and the key in the file."""
        place = self.place(key)
        return Mistake(place.file, place.line, self.source(key), text)

    def source(self, key: Key) -> Key:
        """The key in the file."""
        renamed = next((key[:n] for n in range(len(key), 0, -1) if key[:n] in self.sources), ())
        return (*self.sources.get(renamed, ()), *key[len(renamed) :])

    def is_unknown(self, key: Key) -> bool:
        """Whether a mistake at this key would follow from one that is listed already."""
        return any(key[:n] in self.unknown for n in range(1, len(key) + 1))

    def place(self, key: Key) -> Place:
        """The place of a key, or of the nearest section around it that the file has."""
        while key and key not in self.places:
            key = key[:-1]
        return self.places[key]
