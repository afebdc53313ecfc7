"""Reads JSON (RFC 8259) as the nodes of a YAML document, which have their lines.

The parser of the standard library gives no lines; it checks the text first.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from json.decoder import JSONDecodeError, scanstring  # type: ignore[attr-defined]  # not in its stub

import yaml

_TAG = "tag:yaml.org,2002:"
_TOKEN = re.compile(r'[\s,:]*([]{}["]|[^][{}",:\s]+)')
_WORDS = {"true": "bool", "false": "bool", "null": "null"}
_WRONG_WORDS = {"True": "true", "False": "false", "None": "null"}
_WORD = re.compile(r"\w+")
_NOT_JSON = ("NaN", "Infinity", "-Infinity")  # the standard library accepts them


@dataclass(frozen=True, slots=True)
class _Token:
    """A bracket, a string without its escapes, or another scalar."""

    sign: str  # the first character
    text: str
    mark: yaml.Mark


def compose(text: str) -> yaml.Node:
    """The node of the value in a text. Raises JSONDecodeError, which has line and column."""
    json.loads(text, parse_int=str)  # `int` refuses a number of many digits, without its line
    tokens = _tokens(text)
    return _node(next(tokens), tokens)


def advice(error: JSONDecodeError) -> str:
    """What to do about an error where YAML, Python or JavaScript differ from JSON; or nothing."""
    before, after = error.doc[: error.pos].rstrip(), error.doc[error.pos :].lstrip()
    if after.startswith(("#", "//", "/*")):
        return "JSON has no comments: remove it"
    if before.endswith(",") and after[:1] in ("]", "}"):
        return "remove the comma before it"
    if after[:1] in (",", "]", "}") and "trailing comma" in error.msg:  # Python 3.13
        return "remove the comma"
    if after.startswith("'"):
        return "put text in double quotes"
    word = _WORD.match(after)
    return f"write {_WRONG_WORDS[word[0]]}" if word and word[0] in _WRONG_WORDS else ""


def _tokens(text: str) -> Iterator[_Token]:
    end = line = 0
    while (found := _TOKEN.match(text, end)) is not None:
        start = found.start(1)
        line += text.count("\n", end, start)
        end, found_text = found.end(1), found[1]
        if found_text in _NOT_JSON:
            raise JSONDecodeError(f"{found_text} is not a value of JSON", text, start)
        if found_text == '"':
            found_text, end = scanstring(text, end)
        yield _Token(text[start], found_text, yaml.Mark("", start, line, 0, None, 0))


def _node(token: _Token, tokens: Iterator[_Token]) -> yaml.Node:
    """The node of the value that begins with a token. Takes the rest of it from `tokens`."""
    mark = token.mark
    match token.sign:
        case "{":
            pairs = [(_node(key, tokens), _node(next(tokens), tokens)) for key in _to("}", tokens)]
            return yaml.MappingNode(f"{_TAG}map", pairs, mark, mark)
        case "[":
            items = [_node(item, tokens) for item in _to("]", tokens)]
            return yaml.SequenceNode(f"{_TAG}seq", items, mark, mark)
        case '"':
            return yaml.ScalarNode(f"{_TAG}str", token.text, mark, mark, style='"')
    is_float = bool(set(".eE") & set(token.text))
    kind = _WORDS.get(token.text, "float" if is_float else "int")
    return yaml.ScalarNode(_TAG + kind, token.text, mark, mark)


def _to(end: str, tokens: Iterator[_Token]) -> Iterator[_Token]:
    """The first token of each key or item before the closing bracket."""
    return itertools.takewhile(lambda token: token.sign != end, tokens)
