"""Reads YAML and JSON files, with the line of every key."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from controller.config.mistakes import ConfigError, Key, Mistake


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
        mistakes: duplicate keys.
        sources: for keys that a translation renamed, the key in the file.
        unknown: keys of which nothing is known because of a mistake that is listed. Mistakes at
            them, or below them, would follow from it, and are not reported.
    """

    value: Any
    places: dict[Key, Place]
    mistakes: list[Mistake] = field(default_factory=list)
    sources: dict[Key, Key] = field(default_factory=dict)
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


class _Loader(yaml.SafeLoader):
    """Safe YAML 1.1 with three differences: `1e-4` is a number, dates, `on` and `off` are text."""


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


def read(path: Path, what: str = "the experiment file") -> Document:
    """Read a YAML or JSON file with a mapping. Raises ConfigError. `what` is for messages."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise _error(path, None, f"no such file: {what} is missing") from None
    except IsADirectoryError:
        raise _error(path, None, f"is a directory: give the path of {what} in it") from None
    except UnicodeDecodeError as error:
        raise _error(path, None, f"is not UTF-8 text (at byte {error.start})") from None
    except (OSError, ValueError) as error:
        raise _error(path, None, f"cannot be read: {error}") from None
    if path.suffix == ".json":
        text = text.replace("\t", " ")  # YAML has no tabs; JSON has none inside its strings
    try:
        return _document(path, text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else None
        raise _error(path, line, f"invalid YAML: {error.problem or error.context}") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        reason = str(error).splitlines()[0] or type(error).__name__
        raise _error(path, None, f"invalid YAML: {reason}") from None


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
    ancestors: tuple[yaml.Node, ...],
) -> None:
    """Record the places below a node, and its duplicate keys."""
    if node in ancestors:
        mark = node.start_mark
        raise yaml.composer.ComposerError(None, None, "an alias contains itself", mark)
    ancestors = (*ancestors, node)
    if isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            document.places[(*key, index)] = Place(path, item.start_mark.line + 1)
            _walk(loader, item, (*key, index), path, document, ancestors)
    elif isinstance(node, yaml.MappingNode):
        _note_duplicates(node, key, path, document)
        loader.flatten_mapping(node)  # `<<` first, so that keys that override it come later
        for name, item in node.value:
            inner = (*key, loader.construct_object(name, deep=True))
            document.places[inner] = Place(path, name.start_mark.line + 1)
            _walk(loader, item, inner, path, document, ancestors)


def _note_duplicates(node: yaml.MappingNode, key: Key, path: Path, document: Document) -> None:
    first: dict[str, int] = {}
    for name, _ in node.value:
        if not isinstance(name, yaml.ScalarNode):
            raise yaml.constructor.ConstructorError(
                None, None, "a key must be text", name.start_mark
            )
        line = name.start_mark.line + 1
        if name.value in first:
            text = f"duplicate key: remove it here or on line {first[name.value]}"
            document.mistakes.append(Mistake(path, line, (*key, name.value), text))
        first.setdefault(name.value, line)


def _error(path: Path, line: int | None, text: str) -> ConfigError:
    return ConfigError([Mistake(path, line, (), text)])
