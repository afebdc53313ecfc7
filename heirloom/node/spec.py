"""The spec: everything that a supervisor needs to know about its attempt."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Optional, Union

from .spec_values import (
    are_bounds,
    are_rules,
    is_absolute,
    is_amount,
    is_below,
    is_command,
    is_count,
    is_environment,
    is_preparation,
    is_root,
    is_text,
    is_variable,
    or_null,
)

FORMAT = 1
_LISTS = ("objectives", "pass_environment", "restore", "retry", "writable")
_ATTEMPT = re.compile(r"(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)")
_NAME = re.compile(r"[^/\0\n.][^/\0\n]*")


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
    candidate: bool = True  # whether the trial's value counts for the best

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

        Without names of objectives, or bounds, their key is left out, and so is that of a
        candidate: the experiment's runtime may be older.
        """
        data = {"format": FORMAT, **vars(self)}
        for key in ("objectives", "bounds"):
            if not data[key]:
                del data[key]
        if self.candidate:
            del data["candidate"]
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


_VALID: dict[str, Callable[[Any], bool]] = {
    "attempt": lambda value: is_text(value) and bool(_ATTEMPT.fullmatch(value)),
    "experiment": lambda value: is_text(value) and bool(_NAME.fullmatch(value)),
    "root": is_root,
    "node": is_text,
    "command": is_command,
    "runtime": is_below,
    "params": lambda value: isinstance(value, Mapping),
    "code": or_null(is_below),
    "restore": lambda value: isinstance(value, (list, tuple)) and all(map(is_count(0), value)),
    "seed": is_count(0),
    "slots": is_count(1),
    "gpus": is_count(0),
    "threads": or_null(is_count(1)),
    "memory": or_null(is_count(1)),
    "cpus": or_null(lambda value: is_amount(value) and value > 0),
    "timeout": or_null(is_amount),
    "grace": is_amount,
    "environment": is_environment,
    "pass_environment": lambda value: (
        isinstance(value, (list, tuple)) and all(map(is_variable, value))
    ),
    "weights": lambda value: value in ("optional", "required"),
    "value": lambda value: value in ("optional", "required"),
    "objectives": lambda value: isinstance(value, (list, tuple)) and all(map(is_text, value)),
    "bounds": are_bounds,
    "workdir": lambda value: value in ("snapshot", "copy"),
    "writable": lambda value: isinstance(value, (list, tuple)) and all(map(is_absolute, value)),
    "python": or_null(is_absolute),
    "log_limit": is_count(0),
    "prepare": or_null(is_preparation),
    "candidate": lambda value: isinstance(value, bool),
    "retry": are_rules,
    "heartbeat": lambda value: is_amount(value) and value > 0,
}
_REQUIRED = {item.name for item in fields(Spec)[:7]}
