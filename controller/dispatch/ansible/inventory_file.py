"""Read an inventory with Ansible, and name a mistake in its file by file and line.

Ansible tries several readers on a file, and warns of what each of them dislikes. An error has the
words of the reader that fits the file.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from controller.config.cluster import GROUP
from controller.dispatch.ansible.environment import environment, program, unchanged
from controller.errors import HeirloomError
from heirloom.node.spec_values import text_problem

_TIMEOUT = 60.0  # seconds that an inventory program may take
_SECTIONS = ("hosts", "children", "vars")
_WARNING = re.compile(r"Failed to parse inventory with '(\w+)' plugin: (.*)")
_UNREAD = re.compile(r"Completely failed to parse inventory source (/.*)")
_SETTING = re.compile(r"^\[?ERROR\]?: (Config .*|The vault password file .*)", re.MULTILINE)
_REPEATED = re.compile(r"^Failed to parse inventory: ")
_QUOTED = re.compile(r"got: (\S+)|host definition '([^']*)'|Section (\[[^]]*\])|pattern '([^']*)'")
_ENCRYPTED = b"$ANSIBLE_VAULT;"


class InventoryError(HeirloomError):
    """The inventory cannot be read, or has no node that could run a trial."""


class _Mistake(NamedTuple):
    line: int
    text: str


def list_hosts(path: Path, named: Path) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The output of `ansible-inventory --list` for a path, and Ansible's warnings.

    `named` is the path that errors name. Raises InventoryError.
    """
    surroundings = environment() | {"ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "True"}
    try:
        with unchanged(path) as given:
            done = subprocess.run(
                [program("ansible-inventory"), "-i", given, "--list"],
                env=surroundings,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                encoding="utf-8",
                errors="replace",
                timeout=_TIMEOUT,
                check=False,
            )
    except FileNotFoundError:
        raise InventoryError(
            "ansible-inventory is not installed: pip install -r requirements.txt"
        ) from None
    except subprocess.TimeoutExpired:
        raise InventoryError(
            f"{named}: reading it took more than {_TIMEOUT:.0f} seconds: try "
            + shlex.join(["ansible-inventory", "-i", str(named), "--list"])
        ) from None
    messages = list(_messages(done.stderr.replace(given, str(path))))
    if done.returncode:
        if setting := _SETTING.search(done.stderr):  # whatever the inventory has
            raise InventoryError(
                f"Ansible's settings (its variables and its ansible.cfg): {setting[1]}: correct it"
            )
        where, why = _reason(path, [text for _, text in messages], done.stderr)
        # The lines of a file that was written here say nothing to the user.
        place = f"{named}{where}" if path == named else str(named)
        raise InventoryError(f"{place}: Ansible cannot read it: {why}")
    listed: dict[str, Any] = json.loads(done.stdout)
    return listed, tuple(text for kind, text in messages if kind != "ERROR")


def check_file(path: Path) -> None:
    """Raise InventoryError for mistakes of which no reader of Ansible tells the place."""
    if problem := text_problem(str(path)):
        raise InventoryError(f"the inventory's path {str(path)!r} {problem}")
    if not path.exists():
        raise InventoryError(f"{path}: no such inventory: name one with -i, or create this file")
    if not os.access(path, os.R_OK):
        raise InventoryError(f"{path}: no permission to read this inventory: change its mode")
    if path.is_dir():
        if not any(path.iterdir()):
            raise InventoryError(f"{path}: the directory is empty: put an inventory file into it")
        return
    if not path.is_file() or _is_program(path):
        return
    text = _text(path)
    if text is not None and _is_yaml(path):
        _check_yaml(path, text)


def mistake_of(path: Path) -> str:
    """What is wrong with the group of the nodes in a YAML file, with its line; else empty."""
    is_yaml = path.is_file() and _is_yaml(path)
    found = next(_mistakes(_compose(path), GROUP), None) if is_yaml else None
    return "" if found is None else f"line {found.line}: {found.text}"


def _text(path: Path) -> str | None:
    """The text of a file; None if it is encrypted. Raises InventoryError if it is not UTF-8."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InventoryError(f"{path}: cannot be read: {error.strerror}") from None
    if data.startswith(_ENCRYPTED):
        return None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InventoryError(
            f"{path}, line {line}: not text in UTF-8 (byte 0x{data[error.start]:02x}): save the "
            "file as UTF-8"
        ) from None


def _is_program(path: Path) -> bool:
    """Whether Ansible runs the file: it may be executed and begins with `#!`."""
    try:
        with path.open("rb") as file:
            return os.access(path, os.X_OK) and file.read(2) == b"#!"
    except OSError:
        return False


def _is_yaml(path: Path) -> bool:
    """Whether Ansible's YAML reader takes the file, and it is not an INI file."""
    named = path.suffix in (".yml", ".yaml", ".json")
    return named or (not path.suffix and isinstance(_compose(path), yaml.MappingNode))


def _check_yaml(path: Path, text: str) -> None:
    try:
        # `compose` accepts Ansible's own tags (!vault), which loading would not.
        top = yaml.compose(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise InventoryError(f"{path}{where}: invalid YAML: {error.problem}") from None
    except yaml.YAMLError as error:
        raise InventoryError(f"{path}: invalid YAML: {_line(str(error))}") from None
    if top is not None and not isinstance(top, yaml.MappingNode):
        raise InventoryError(f"{path}: not an inventory: begin it with a group, `{GROUP}:`")


def _reason(path: Path, warnings: Sequence[str], stderr: str) -> tuple[str, str]:
    """Where the mistake is, and what the reader that fits the file says of it."""
    if path.is_dir() and (inside := _file_inside(path, warnings)) is not None:
        where, why = _reason(inside, warnings, stderr)
        return f", file {inside.relative_to(path)}{where}", why
    said: dict[str, str] = {}
    for warning in warnings:
        if match := _WARNING.match(warning):
            said.setdefault(match[1], _REPEATED.sub("", match[2]))
    if path.is_file() and _is_program(path):
        return "", _program_reason(said, stderr)
    if path.is_file() and path.read_bytes().startswith(_ENCRYPTED):
        return "", "it is encrypted: name a file with its password in ANSIBLE_VAULT_PASSWORD_FILE"
    if path.is_file() and _is_yaml(path):
        if (found := next(_mistakes(_compose(path), None), None)) is not None:
            return f", line {found.line}", found.text
        order = ("auto", "yaml") if _names_plugin(path) else ("yaml", "auto")
    else:
        order = ("toml", "ini") if path.suffix == ".toml" else ("ini", "yaml")
    why = next((said[reader] for reader in order if reader in said), "")
    if "ini" in order and path.is_file():
        return _ini_place(path, why)
    return "", why or (_line(warnings[0]) if warnings else _line(stderr)) or "no reader fits it"


def _file_inside(directory: Path, messages: Sequence[str]) -> Path | None:
    """The file of a directory that no reader could read."""
    paths = (Path(match[1]) for match in filter(None, map(_UNREAD.match, messages)))
    return next((path for path in paths if directory in path.parents), None)


def _program_reason(said: dict[str, str], stderr: str) -> str:
    why = said.get("script", "it could not be run")
    _, _, printed = stderr.partition("Standard error from inventory script:\n")
    first = printed.strip().splitlines()[:1]
    return why + (f" It printed: {first[0]}" if first else "")


def _names_plugin(path: Path) -> bool:
    """Whether a YAML file configures a plugin that makes the inventory."""
    return any(key == "plugin" for key, _ in _pairs(_compose(path)))


def _ini_place(path: Path, why: str) -> tuple[str, str]:
    """The line of an INI file that Ansible's message means, which it does not tell."""
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    for number, line in enumerate(lines, 1):
        if line.startswith("[") and "]" not in line:
            return f", line {number}", f"the name of a group has no closing bracket: {line}"
    quoted = _QUOTED.search(why)
    word = next(filter(None, quoted.groups()), "") if quoted else ""
    for number, line in enumerate(lines, 1):
        if word and word in line and not line.lstrip().startswith(("#", ";")):
            comma = line.partition(" ")[0].endswith(",")
            hint = ": write each host on a line of its own, without commas" if comma else ""
            return f", line {number}", why + hint
    return "", why


def _compose(path: Path) -> yaml.Node | None:
    try:
        return yaml.compose(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, yaml.YAMLError):
        return None


def _mistakes(groups: yaml.Node | None, only: str | None) -> Iterator[_Mistake]:
    """Groups that are not made as groups are. `only`: look for more, in this group."""
    for name, group in _pairs(groups):
        chosen = only in (None, name)
        if chosen and isinstance(group, yaml.SequenceNode):
            yield _Mistake(_line_of(group), f"{name} must be a mapping with the key `hosts:`")
        for key, section in _pairs(group):
            if chosen:
                yield from _section(name, key, section, strict=name == only)
            if key == "children":
                yield from _mistakes(section, only)


def _section(group: str, key: str, section: yaml.Node, *, strict: bool) -> Iterator[_Mistake]:
    line = _line_of(section)
    if key not in _SECTIONS:
        if strict:
            yield _Mistake(
                line, f"{group} has a key `{key}`; its hosts are keys of the mapping `hosts:`"
            )
    elif isinstance(section, yaml.SequenceNode):
        yield _Mistake(
            line, f"`{key}` of {group} must be a mapping: write `NAME:`, and not `- NAME`"
        )
    elif key == "hosts":
        for host, variables in _pairs(section):
            if isinstance(variables, yaml.SequenceNode) or (
                isinstance(variables, yaml.ScalarNode) and variables.tag != "tag:yaml.org,2002:null"
            ):
                yield _Mistake(
                    _line_of(variables),
                    f"the variables of host {host} must be a mapping, such as `heirloom_slots: 2`",
                )


def _pairs(node: yaml.Node | None) -> Iterator[tuple[str, yaml.Node]]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield str(key.value), value


def _line_of(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


def _messages(stderr: str) -> Iterator[tuple[str, str]]:
    """Ansible's warnings and errors, each by its first line: `[WARNING]: text`."""
    for line in stderr.splitlines():
        if line.startswith("["):
            kind, _, text = line.partition("]: ")
            yield kind[1:], text.strip()


def _line(text: str) -> str:
    """Join the text's lines, without a traceback."""
    return " ".join(text.partition("Traceback (most recent call last):")[0].split())
