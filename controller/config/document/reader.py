"""Reads a YAML or JSON file with a mapping."""

from __future__ import annotations

import contextlib
import json
import re
from pathlib import Path
from typing import Any, NoReturn

import yaml

from controller.config.document import json_nodes, scalars
from controller.config.document.document import Document, Place
from controller.config.mistakes import ConfigError, Key, Mistake

_LARGEST = 1_000_000  # values; a file with more has aliases of aliases
_LINE_SEPARATORS = re.compile("[\x85\u2028\u2029]")  # YAML 1.1 changes them within text
_HALF_PAIR = re.compile("[\ud800-\udfff]")


def read(path: Path, what: str = "the experiment file") -> Document:
    """Read a YAML or JSON file with a mapping. Raises ConfigError. `what` is for messages."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise _error(path, None, f"no such file: {what} is missing") from None
    except IsADirectoryError:
        raise _error(path, None, f"is a directory: give the path of {what} in it") from None
    except UnicodeDecodeError as error:
        raise _error(path, None, f"is not UTF-8 text (at byte {error.start})") from None
    except (OSError, ValueError) as error:
        raise _error(path, None, f"cannot be read: {error}") from None
    try:
        return _Reader(path, text).document()
    except json.JSONDecodeError as error:
        reason = f"invalid JSON: {error.msg} (column {error.colno})"
        advice = json_nodes.advice(error)
        raise _error(path, error.lineno, reason + (advice and f": {advice}")) from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else None
        raise _error(path, line, f"invalid YAML: {error.problem or error.context}") from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        reason = f"invalid YAML: the character U+{error.character:04X} is not allowed"
        raise _error(path, line, f'{reason}: write it as "\\u{error.character:04x}"') from None
    except RecursionError:
        raise _error(path, None, "is nested too deeply") from None
    except (yaml.YAMLError, ValueError) as error:
        reason = str(error).splitlines()[0] or type(error).__name__
        raise _error(path, None, f"invalid YAML: {reason}") from None


class _Reader:
    """Reads the text of one file."""

    def __init__(self, path: Path, text: str) -> None:
        self._path = path
        self._text = text
        self._is_json = False
        self._found = Document(None, {})

    def document(self) -> Document:
        """The content of the file. Raises what the parsers raise, and ConfigError."""
        node = self._compose() if self._text.strip() else None
        if node is None:
            raise _error(self._path, None, "the file is empty")
        if not isinstance(node, yaml.MappingNode):
            form = "a mapping: lines of the form `key: value`"
            form = "an object: {…}" if self._is_json else form
            raise _error(self._path, _line(node), f"must be {form}")
        self._found.places[()] = Place(self._path, _line(node))
        self._found.value = self._value(node, (), ())
        return self._found

    def _compose(self) -> yaml.Node | None:
        """The node of the file's value. What is JSON is read as JSON, whatever the file's name."""
        if self._path.suffix.lower() == ".json":
            self._is_json = True
            return json_nodes.compose(self._text)
        if self._text.lstrip()[:1] == "{":
            with contextlib.suppress(ValueError, RecursionError):
                node = json_nodes.compose(self._text)
                self._is_json = True
                return node
        return scalars.compose(self._text)

    def _value(self, node: yaml.Node, key: Key, ancestors: tuple[yaml.Node, ...]) -> Any:
        """The value of a node. Notes the places and the mistakes in it."""
        if node in ancestors:
            self._refuse(node, "an alias contains itself")
        if len(self._found.places) > _LARGEST:
            self._refuse(node, f"its aliases stand for more than {_LARGEST:,} values")
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, key)
        assert isinstance(node, yaml.CollectionNode)
        if not scalars.is_supported(node):
            self._refuse(node, f"the tag {scalars.short_tag(node)} is not supported: remove it")
        ancestors = (*ancestors, node)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, key, ancestors)
        return [
            self._item(item, item, (*key, index), ancestors)
            for index, item in enumerate(node.value)
        ]

    def _mapping(
        self, node: yaml.MappingNode, key: Key, ancestors: tuple[yaml.Node, ...]
    ) -> dict[str, Any]:
        self._note_duplicates(node, key)
        if not self._is_json:
            scalars.merge(node)  # `<<` first, so that keys that override it come later
        mapping = {}
        for name, item in node.value:
            text = self._text_of(name, (*key, name.value))
            mapping[text] = self._item(name, item, (*key, text), ancestors)
        return mapping

    def _item(
        self, at: yaml.Node, node: yaml.Node, key: Key, ancestors: tuple[yaml.Node, ...]
    ) -> Any:
        self._found.places[key] = Place(self._path, _line(at))
        return self._value(node, key, ancestors)

    def _scalar(self, node: yaml.ScalarNode, key: Key) -> Any:
        if scalars.is_text(node):
            return self._text_of(node, key)
        self._found.texts[key] = node.value
        try:
            return scalars.value_of(node)
        except ValueError as error:
            self._refuse(node, f"{node.value:.40}: {error}")

    def _text_of(self, node: yaml.ScalarNode, key: Key) -> str:
        """The text of a scalar. Characters that cannot be carried are mistakes."""
        text: str = node.value
        source = self._text[node.start_mark.index : node.end_mark.index]
        if not self._is_json and (found := _LINE_SEPARATORS.search(source)):
            code = f"{ord(found[0]):04x}"
            self._note(
                node,
                key,
                f"YAML changes the character U+{code.upper()} in it: write it as "
                f'"\\u{code}", in double quotes',
            )
        if _HALF_PAIR.search(text):
            text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
            if "\ufffd" in text:
                self._note(
                    node,
                    key,
                    "has half of a surrogate pair (\\ud800 to \\udfff), which is "
                    "no character: write the whole pair, or the character",
                )
        return text

    def _note_duplicates(self, node: yaml.MappingNode, key: Key) -> None:
        first: dict[str, int] = {}
        for name, _ in node.value:
            if not isinstance(name, yaml.ScalarNode):
                self._refuse(name, "a key must be text")
            if name.value in first:
                text = f"duplicate key: remove it here or on line {first[name.value]}"
                self._note(name, (*key, name.value), text)
            first.setdefault(name.value, _line(name))

    def _note(self, node: yaml.Node, key: Key, text: str) -> None:
        self._found.mistakes.append(Mistake(self._path, _line(node), key, text))

    def _refuse(self, node: yaml.Node, text: str) -> NoReturn:
        what = "JSON" if self._is_json else "YAML"
        raise _error(self._path, _line(node), f"invalid {what}: {text}")


def _line(node: yaml.Node) -> int:
    line: int = node.start_mark.line
    return line + 1


def _error(path: Path, line: int | None, text: str) -> ConfigError:
    return ConfigError([Mistake(path, line, (), text)])
