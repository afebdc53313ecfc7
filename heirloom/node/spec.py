"""The spec: everything that a supervisor needs to know about its attempt."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Optional, Union

from ..store.limits.values import finite

FORMAT = 1
_LISTS = ("objectives", "pass_environment", "restore", "retry", "writable")
_ATTEMPT = re.compile(r"(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)")
_NAME = re.compile(r"[^/\0\n.][^/\0\n]*")


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


class SpecError(ValueError):
    """A spec does not follow docs/reference/files.md; the message says where."""


@dataclass(frozen=True)
class Spec:
    """One attempt, as the controller orders it. The keys are those of docs/reference/files.md."""

    attempt: str
    experiment: str
    root: str
    node: str
    command: Union[str, list[str]]
    runtime: str
    params: Mapping[str, Any]
    code: Optional[str] = None
    restore: tuple[int, ...] = ()
    slots: int = 1
    gpus: int = 0
    threads: Optional[int] = None
    memory: Optional[int] = None  # bytes, for all processes of the attempt together
    cpus: Optional[float] = None  # processors, for all processes of the attempt together
    timeout: Optional[float] = None  # seconds
    grace: float = 10.0  # seconds from SIGTERM to SIGKILL
    environment: Mapping[str, str] = field(default_factory=dict)
    pass_environment: tuple[str, ...] = ()  # names of variables whose values the claims hold
    weights: str = "optional"
    value: str = "required"  # or optional: a trial without a value succeeds too
    objectives: tuple[str, ...] = ()  # names of the values of a result; empty: one without a name
    bounds: Mapping[str, Mapping[str, float]] = field(default_factory=dict)  # of values, by name
    workdir: str = "snapshot"  # or copy: a writable copy for this attempt
    writable: tuple[
        str, ...
    ] = ()  # directories outside the attempt that its sandbox leaves writable
    python: Optional[str] = None
    log_limit: int = 64 << 20  # bytes
    retry: tuple[Mapping[str, Any], ...] = ()  # rules: {"on": pattern, "exit_code": code}
    heartbeat: float = 5.0  # seconds
    seed: int = 0  # the trial's
    prepare: Optional[Mapping[str, Any]] = None  # {"command", "timeout", "directory"}

    @property
    def trial(self) -> int:
        """The trial that the attempt belongs to."""
        return int(self.attempt.partition(".")[0])

    @property
    def store(self) -> str:
        """The store's path: an experiment's root is STORE/USER/NAME-ID."""
        return os.path.dirname(os.path.dirname(self.root))

    @property
    def directory(self) -> str:
        """The attempt's directory on the store."""
        return f"{self.root}/attempts/{self.attempt}"

    @property
    def number(self) -> int:
        """The attempt's number; the trial's first attempt is 1."""
        return int(self.attempt.partition(".")[2])

    def path_of(self, number: int) -> str:
        """The directory on the store of another attempt of the trial."""
        return f"{self.root}/attempts/{self.trial}.{number}"

    @property
    def out(self) -> str:
        """The directory that a commit renames."""
        return f"{self.directory}/out"

    @property
    def checkpoints(self) -> str:
        """The directory in which the attempt saves checkpoints. The trial creates it."""
        return f"{self.directory}/checkpoint"

    @property
    def continued(self) -> str:
        """The attempt's copy of the checkpoint from which it continues."""
        return f"{self.directory}/continued"

    @property
    def working_directory(self) -> str:
        """The directory in which the trial's process starts."""
        if self.code is None:
            return self.directory
        return f"{self.directory}/work" if self.workdir == "copy" else f"{self.root}/{self.code}"

    def to_dict(self) -> dict[str, Any]:
        """The spec as a message, for `from_dict`.

        Without names of objectives, or bounds, their key is left out: the experiment's runtime may
        be older.
        """
        data = {"format": FORMAT, **vars(self)}
        for key in ("objectives", "bounds"):
            if not data[key]:
                del data[key]
        return data

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Spec:
        """Read a spec from its JSON object. Raises SpecError."""
        if not isinstance(data, Mapping) or data.get("format") != FORMAT:
            raise SpecError(f"the spec is not an object of format {FORMAT}")
        given = {key: value for key, value in data.items() if key != "format"}
        unknown = given.keys() - _VALID.keys()
        if unknown:
            raise SpecError(f"the spec has unknown keys: {', '.join(sorted(unknown))}")
        missing = _REQUIRED - given.keys()
        if missing:
            raise SpecError(f"the spec lacks {', '.join(sorted(missing))}")
        for key, value in given.items():
            if not _VALID[key](value):
                raise SpecError(f"the spec has an invalid {key!r}: {str(value)[:80]!r}")
        lists = {key: tuple(given.get(key, ())) for key in _LISTS}
        return cls(**{**given, **lists})


def _text(value: Any) -> bool:
    return isinstance(value, str) and not text_problem(value)


def _count(least: int) -> Callable[[Any], bool]:
    def is_valid(value: Any) -> bool:
        return isinstance(value, int) and not isinstance(value, bool) and value >= least

    return is_valid


def _amount(value: Any) -> bool:
    return finite(value) and bool(value >= 0)


def _command(value: Any) -> bool:
    return (_text(value) and value != "") or (
        isinstance(value, list) and bool(value) and all(map(_text, value)) and value[0] != ""
    )


def _root(value: Any) -> bool:
    return isinstance(value, str) and value.startswith("/") and not path_problem(value)


def _below(value: Any) -> bool:
    return _text(value) and bool(value) and not {"", ".", ".."} & set(value.split("/"))


def _pattern(value: Any) -> bool:
    try:
        return _text(value) and bool(re.compile(value))
    except re.error:
        return False


def _rules(value: Any) -> bool:
    return isinstance(value, (list, tuple)) and all(
        isinstance(rule, Mapping)
        and rule.keys() == {"on", "exit_code"}
        and _or_null(_pattern)(rule["on"])
        and _or_null(_count(1))(rule["exit_code"])
        for rule in value
    )


def _bounds(value: Any) -> bool:
    return isinstance(value, Mapping) and all(
        _text(name)
        and isinstance(limits, Mapping)
        and limits.keys() <= {"at_least", "at_most"}
        and all(map(finite, limits.values()))
        for name, limits in value.items()
    )


def _preparation(value: Any) -> bool:
    """`directory` is where the node keeps prepared directories; null: below the user's home."""
    return (
        isinstance(value, Mapping)
        and value.keys() == {"command", "timeout", "directory"}
        and _command(value["command"])
        and _amount(value["timeout"])
        and _or_null(_root)(value["directory"])
    )


def _absolute(value: Any) -> bool:
    return _text(value) and value.startswith("/")


def _or_null(is_valid: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: value is None or is_valid(value)


def _variable(name: Any) -> bool:
    return _text(name) and bool(name) and "=" not in name


def _environment(value: Any) -> bool:
    return isinstance(value, Mapping) and all(
        _variable(key) and _text(held) for key, held in value.items()
    )


_VALID: dict[str, Callable[[Any], bool]] = {
    "attempt": lambda value: _text(value) and bool(_ATTEMPT.fullmatch(value)),
    "experiment": lambda value: _text(value) and bool(_NAME.fullmatch(value)),
    "root": _root,
    "node": _text,
    "command": _command,
    "runtime": _below,
    "params": lambda value: isinstance(value, Mapping),
    "code": _or_null(_below),
    "restore": lambda value: isinstance(value, (list, tuple)) and all(map(_count(0), value)),
    "seed": _count(0),
    "slots": _count(1),
    "gpus": _count(0),
    "threads": _or_null(_count(1)),
    "memory": _or_null(_count(1)),
    "cpus": _or_null(lambda value: _amount(value) and value > 0),
    "timeout": _or_null(_amount),
    "grace": _amount,
    "environment": _environment,
    "pass_environment": lambda value: (
        isinstance(value, (list, tuple)) and all(map(_variable, value))
    ),
    "weights": lambda value: value in ("optional", "required"),
    "value": lambda value: value in ("optional", "required"),
    "objectives": lambda value: isinstance(value, (list, tuple)) and all(map(_text, value)),
    "bounds": _bounds,
    "workdir": lambda value: value in ("snapshot", "copy"),
    "writable": lambda value: isinstance(value, (list, tuple)) and all(map(_absolute, value)),
    "python": _or_null(_absolute),
    "log_limit": _count(0),
    "prepare": _or_null(_preparation),
    "retry": _rules,
    "heartbeat": lambda value: _amount(value) and value > 0,
}
_REQUIRED = {item.name for item in fields(Spec)[:7]}
