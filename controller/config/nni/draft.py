"""An experiment in Heirloom's form while it is built from an NNI configuration."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from controller.config.mistakes import Key, Mistake

# Mappings that are values, not sections: a later one replaces them as a whole.
_VALUES: tuple[Key, ...] = (("search_space",), ("inventory",), ("trial", "environment"))
_CHOICES: tuple[Key, ...] = (("tuner",), ("assessor",))


class Draft:
    """An experiment in Heirloom's form. Paths are as in the NNI file.

    `sources` has the NNI file's key for each key of `value`. `notes` and `mistakes` have keys of
    the NNI file. `unknown` are keys of `value` of which a listed mistake leaves nothing to check.

    Args:
        absent: keys of the NNI file that a listed mistake has removed.
    """

    def __init__(self, absent: Collection[Key] = ()) -> None:
        self._absent = absent
        self.unknown: set[Key] = set()
        self.value: dict[str, Any] = {}
        self.sources: dict[Key, Key] = {}
        self.notes: list[tuple[Key, str]] = []
        self.mistakes: list[tuple[Key, str]] = []
        self.other_files: list[Mistake] = []  # mistakes in files that the NNI file names

    def put(self, key: Key, value: Any, source: Key) -> None:
        """Set a value, unless it is None. `source` is its key in the NNI file."""
        if value is None:
            return
        section = self.value
        for part in key[:-1]:
            section = section.setdefault(str(part), {})
        section[str(key[-1])] = value
        self.sources[key] = source

    def note(self, key: Key, text: str) -> None:
        """Add a note on a key of the NNI file."""
        self.notes.append((key, text))

    def mistake(self, key: Key, text: str, *needs: Key) -> None:
        """Add a mistake at a key of the NNI file, which follows from what is at the keys `needs`.

        It is not added if a listed mistake has removed one of them, or a part of one.
        """
        if not any(self.is_absent(need) for need in needs):
            self.mistakes.append((key, text))

    def is_absent(self, key: Key) -> bool:
        """Whether a listed mistake has removed the key of the NNI file, or a part of its value."""
        return any(each[: len(key)] == key or key[: len(each)] == each for each in self._absent)

    def overlay(self, values: Mapping[str, Any], source: Key, key: Key = ()) -> None:
        """Set all values of a mapping in Heirloom's form. A null removes the key."""
        for name, value in values.items():
            inner, inner_source = (*key, name), (*source, name)
            before = self._at(inner)
            is_section = isinstance(value, Mapping) and inner not in _VALUES
            if value is None:
                if isinstance(section := self._at(key), dict):
                    section.pop(name, None)
            elif is_section and (before is None or isinstance(before, dict)) and value:
                if inner in _CHOICES and value.keys() & {"name", "class"}:
                    self.value.pop(name, None)  # another tuner: no setting of the first one applies
                self.sources[inner] = inner_source
                self.overlay(value, inner_source, inner)
            elif not is_section or before is None:
                self.put(inner, value, inner_source)

    def _at(self, key: Key) -> Any:
        value: Any = self.value
        for part in key:
            value = value.get(part) if isinstance(value, dict) else None
        return value
