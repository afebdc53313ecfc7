"""Reads YAML and JSON files, and remembers on which line everything stands."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from controller.config.mistakes import ConfigError, Key, Mistake


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands."""

    file: Path
    line: int


@dataclass(slots=True)
class Document:
    """What a file holds, where each part of it stands, and the keys that it has twice.

    `spelled` has the file's own key of a part that `value` has under another.
    """

    value: Any
    places: dict[Key, Place]
    mistakes: list[Mistake] = field(default_factory=list)
    spelled: dict[Key, Key] = field(default_factory=dict)

    def mistake(self, key: Key, words: str) -> Mistake:
        """A mistake, with its place and the key as the file spells it."""
        place = self.place(key)
        around = next((key[:n] for n in range(len(key), 0, -1) if key[:n] in self.spelled), ())
        return Mistake(
            place.file, place.line, (*self.spelled.get(around, ()), *key[len(around) :]), words
        )

    def place(self, key: Key) -> Place:
        """Where a key stands, or the nearest thing around it that the file has."""
        while key and key not in self.places:
            key = key[:-1]
        return self.places[key]


class _Loader(yaml.SafeLoader):
    """Safe YAML 1.1, with three of its surprises taken out.

    `1e-4` is a number, a date is text, and so are `on` and `off`.
    """


_Loader.yaml_implicit_resolvers = {
    first: [(tag, p) for tag, p in resolvers if not tag.endswith((":timestamp", ":bool"))]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:bool",
    re.compile(r"(?:yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE)$"),
    list("yYnNtTfF"),
)
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)[eE][-+]?\d+$"),
    list("-+.0123456789"),
)


def read(path: Path, whose: str = "the experiment file") -> Document:
    """The mapping that a file holds. Raises ConfigError if it can't be read or holds none."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise _error(path, None, f"there is no such file: {whose} is missing") from None
    except IsADirectoryError:
        raise _error(path, None, f"this is a directory; name {whose} in it") from None
    except UnicodeDecodeError as error:
        raise _error(path, None, f"this is not UTF-8 text (byte {error.start})") from None
    except (OSError, ValueError) as error:
        raise _error(path, None, f"can't be read: {error}") from None
    if path.suffix == ".json":
        text = text.replace("\t", " ")  # JSON is YAML but for tabs, which can't be inside its texts
    try:
        return _document(path, text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else None
        raise _error(path, line, f"this is not YAML: {error.problem or error.context}") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        words = str(error).splitlines()[0] or type(error).__name__
        raise _error(path, None, f"this is not YAML: {words}") from None


def _document(path: Path, text: str) -> Document:
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        if node is None:
            raise _error(path, None, "the file is empty")
        line = node.start_mark.line + 1
        if not isinstance(node, yaml.MappingNode):
            raise _error(path, line, "must be a mapping: lines of the form `key: value`")
        document = Document(None, {(): Place(path, line)})
        _walk(loader, node, (), path, document, ())
        document.value = loader.construct_document(node)
        return document
    finally:
        loader.dispose()


def _walk(
    loader: _Loader,
    node: yaml.Node,
    key: Key,
    path: Path,
    document: Document,
    around: tuple[yaml.Node, ...],
) -> None:
    """Note the places under a node, and its duplicate keys."""
    if node in around:
        mark = node.start_mark
        raise yaml.composer.ComposerError(None, None, "an alias holds itself", mark)
    around = (*around, node)
    if isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            document.places[(*key, index)] = Place(path, item.start_mark.line + 1)
            _walk(loader, item, (*key, index), path, document, around)
    elif isinstance(node, yaml.MappingNode):
        _note_duplicates(node, key, path, document)
        loader.flatten_mapping(node)  # `<<` first, so that what overrides it comes later
        for name, item in node.value:
            inner = (*key, loader.construct_object(name, deep=True))
            document.places[inner] = Place(path, name.start_mark.line + 1)
            _walk(loader, item, inner, path, document, around)


def _note_duplicates(node: yaml.MappingNode, key: Key, path: Path, document: Document) -> None:
    first: dict[str, int] = {}
    for name, _ in node.value:
        if not isinstance(name, yaml.ScalarNode):
            raise yaml.constructor.ConstructorError(
                None, None, "a key must be text", name.start_mark
            )
        line = name.start_mark.line + 1
        if name.value in first:
            words = f"this key is there twice: remove it here or on line {first[name.value]}"
            document.mistakes.append(Mistake(path, line, (*key, name.value), words))
        first.setdefault(name.value, line)


def _error(path: Path, line: int | None, words: str) -> ConfigError:
    return ConfigError([Mistake(path, line, (), words)])
