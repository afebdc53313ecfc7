"""The scalars of YAML as an experiment file has them, and how they are written.

A plain scalar is a number, true, false or null where YAML 1.1 and YAML 1.2 agree (and for yes, no,
1_000 and 0x1F, as in YAML 1.1). What else YAML 1.1 has for plain scalars is text here: dates, octal
numbers (0123), sexagesimal numbers (22:22), `on`, `off` and `=`. `1e-4` is a number.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

_TAG = "tag:yaml.org,2002:"
_LONGEST = 4300  # digits: the default of Python's own limit (sys.set_int_max_str_digits)
_SWITCH = re.compile(r"on|off", re.IGNORECASE)
_RESOLVERS = (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE", list("yYnNtTfF")),
    ("int", r"[-+]?(0|[1-9][0-9_]*|0b[01_]+|0x[0-9a-fA-F_]+)", list("-+0123456789")),
    (
        "float",
        r"[-+]?([0-9][0-9_]*\.[0-9_]*|\.[0-9][0-9_]*|[0-9]+(?=[eE]))([eE][-+]?[0-9]+)?"
        r"|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
        list("-+.0123456789"),
    ),
    ("merge", "<<", ["<"]),
)


class Loader(yaml.SafeLoader):
    """Composes the nodes of a file, each plain scalar with its tag."""

    yaml_implicit_resolvers = {}  # noqa: RUF012 - the base class declares it without ClassVar


class Dumper(yaml.SafeDumper):
    """Writes text in quotes where this module or YAML 1.1 would read something else."""


for _name, _pattern, _first in _RESOLVERS:
    _compiled = re.compile(f"(?:{_pattern})$")
    Loader.add_implicit_resolver(_TAG + _name, _compiled, _first)
    Dumper.add_implicit_resolver(_TAG + _name, _compiled, _first)


def compose(text: str) -> yaml.Node | None:
    """The node of a document; None if it is empty. Raises yaml.YAMLError."""
    loader = Loader(text)
    try:
        node: yaml.Node | None = loader.get_single_node()
        return node
    finally:
        loader.dispose()


def merge(node: yaml.MappingNode) -> None:
    """Replace `<<` in a mapping by what it stands for. Raises yaml.YAMLError."""
    Loader("").flatten_mapping(node)


def value_of(node: yaml.ScalarNode) -> Any:
    """The value of a scalar: text, a number, true, false or None. Raises ValueError."""
    text: str = node.value
    match node.tag.removeprefix(_TAG):
        case "str" | "merge":
            return text
        case "null":
            return None
        case "bool" if text.lower() in ("yes", "true", "no", "false"):
            return text.lower() in ("yes", "true")
        case "int" if len(text) > _LONGEST:
            raise ValueError(f"a number has {_LONGEST} digits at most")
        case "int":
            return int(text.replace("_", ""), 0)
        case "float":
            return float(
                text.replace("_", "").lower().replace(".inf", "inf").replace(".nan", "nan")
            )
    raise ValueError(f"{short_tag(node)} is not supported here")


def is_text(node: yaml.ScalarNode) -> bool:
    """Whether nobody reads a scalar as anything else than text."""
    is_plain_switch = node.style is None and _SWITCH.fullmatch(node.value)
    return bool(node.tag == f"{_TAG}str" and not is_plain_switch)


def is_supported(node: yaml.CollectionNode) -> bool:
    """Whether a list or a mapping has no other tag than its own."""
    return node.tag in (f"{_TAG}seq", f"{_TAG}map")


def short_tag(node: yaml.Node) -> str:
    """The tag of a node as a file has it: `!!binary`, `!vault`."""
    return str(node.tag).replace(_TAG, "!!")


def dump(value: Any, **options: Any) -> str:
    """Write a value as YAML, in the order of its keys."""
    text: str = yaml.dump(value, Dumper=Dumper, sort_keys=False, allow_unicode=True, **options)
    return text
