"""What the values of a spec may be, and why a text or a path cannot be used."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from ..store.limits.values import finite


def text_problem(text: str) -> str:
    """Why a text can be no argument, path or value of a variable; empty if it can."""
    if "\0" in text:
        return "contains the character NUL"
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        return f"is not UTF-8 text, at its character {error.start + 1}"
    return ""


def path_problem(path: str) -> str:
    """Why trials cannot use a directory with this absolute path; empty if they can."""
    if ":" in path:
        return "contains a colon (:), which separates paths in PATH, PYTHONPATH and their like"
    if "\n" in path:
        return "contains a line break"
    return text_problem(path)


def is_text(value: Any) -> bool:
    """Whether it is text that arguments and files can hold."""
    return isinstance(value, str) and not text_problem(value)


def is_count(least: int) -> Callable[[Any], bool]:
    """Checks that a value is a whole number from `least` on."""

    def is_valid(value: Any) -> bool:
        return isinstance(value, int) and not isinstance(value, bool) and value >= least

    return is_valid


def is_amount(value: Any) -> bool:
    """Whether it is a finite number from 0 on."""
    return finite(value) and bool(value >= 0)


def is_command(value: Any) -> bool:
    """Whether it is a text for a shell, or a program with its arguments."""
    return (is_text(value) and value != "") or (
        isinstance(value, list) and bool(value) and all(map(is_text, value)) and value[0] != ""
    )


def is_root(value: Any) -> bool:
    """Whether it is an absolute path that trials can use."""
    return isinstance(value, str) and value.startswith("/") and not path_problem(value)


def is_below(value: Any) -> bool:
    """Whether it is a path below a directory."""
    return is_text(value) and bool(value) and not {"", ".", ".."} & set(value.split("/"))


def is_pattern(value: Any) -> bool:
    """Whether it is a regular expression."""
    try:
        return is_text(value) and bool(re.compile(value))
    except re.error:
        return False


def are_rules(value: Any) -> bool:
    """Whether they are retry rules: {"on": pattern, "exit_code": code}."""
    return isinstance(value, (list, tuple)) and all(
        isinstance(rule, Mapping)
        and rule.keys() == {"on", "exit_code"}
        and or_null(is_pattern)(rule["on"])
        and or_null(is_count(1))(rule["exit_code"])
        for rule in value
    )


def are_bounds(value: Any) -> bool:
    """Whether they are bounds of values, by name: {"at_least", "at_most"}."""
    return isinstance(value, Mapping) and all(
        is_text(name)
        and isinstance(limits, Mapping)
        and limits.keys() <= {"at_least", "at_most"}
        and all(map(finite, limits.values()))
        for name, limits in value.items()
    )


def is_preparation(value: Any) -> bool:
    """Whether it prepares a node: {"command", "timeout", "directory"}.

    `directory` is where the node keeps prepared directories; null: below the user's home.
    """
    return (
        isinstance(value, Mapping)
        and value.keys() == {"command", "timeout", "directory"}
        and is_command(value["command"])
        and is_amount(value["timeout"])
        and or_null(is_root)(value["directory"])
    )


def is_absolute(value: Any) -> bool:
    """Whether it is an absolute path."""
    return is_text(value) and value.startswith("/")


def or_null(is_valid: Callable[[Any], bool]) -> Callable[[Any], bool]:
    """Checks that a value is null, or valid."""
    return lambda value: value is None or is_valid(value)


def is_variable(name: Any) -> bool:
    """Whether it can name an environment variable."""
    return is_text(name) and bool(name) and "=" not in name


def is_environment(value: Any) -> bool:
    """Whether they are environment variables."""
    return isinstance(value, Mapping) and all(
        is_variable(key) and is_text(held) for key, held in value.items()
    )
