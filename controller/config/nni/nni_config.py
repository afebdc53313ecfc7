"""The content of an NNI configuration, independent of its version."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from controller.config.mistakes import Key


@dataclass(frozen=True, slots=True, kw_only=True)
class Gpus:
    """GPUs of a machine, and how trials share them."""

    indices: Sequence[str] | None
    trials_each: int  # trials on one GPU
    use_active: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """A remote machine."""

    key: Key
    host: str
    port: int | None
    user: str
    ssh_key: str | None
    secrets: Sequence[Key] = ()  # the keys of a password and of a passphrase
    python: str | None
    gpus: Gpus


@dataclass(frozen=True, slots=True, kw_only=True)
class Algorithm:
    """A tuner, an assessor or an advisor.

    `names` has the file's keys for `name`, `class` and `code_dir`.
    """

    kind: str
    name: str | None
    class_: str | None
    code_dir: str | None
    args: Mapping[str, Any]
    names: Mapping[str, str]
    gpus_key: str | None = None  # the key that gives it GPUs, if the file has one
    checkpoint_key: str | None = None  # the key of its checkpoint directory
    uses_last_report: bool = False
    missing: str | None = None  # the message about a missing key

    def key(self, name: str) -> Key:
        """The file's key of its `name`, `class` or `code_dir`."""
        return (self.kind, self.names[name])


@dataclass(frozen=True, slots=True, kw_only=True)
class NniConfig:
    """One configuration. `keys` has the file's key of each field."""

    name: str | None
    author: str | None = None
    description: str | None = None
    concurrency: int
    duration: float | None
    trials: int | None
    trial_duration: float | None = None
    space: Mapping[str, Any] | None = None
    space_file: str | None
    multi_thread: bool = False
    algorithms: Sequence[Algorithm]
    command: str | None
    code_dir: str
    gpus: int | None
    local: Gpus | None  # None where this machine runs no trials
    machines: Sequence[Machine]
    without_machines: Sequence[Key]  # the keys of remote platforms that list no machine
    annotations: bool  # whether the search space is in annotations of the trial's code
    unneeded: Sequence[Key]  # keys without a counterpart, whose absence changes nothing
    directory_key: Key | None  # the key of NNI's working directory, if the file has one
    has_shared_storage: bool
    heirloom: Mapping[str, Any]
    keys: Mapping[str, Key]

    def algorithm(self, kind: str) -> Algorithm | None:
        """The tuner, the assessor or the advisor."""
        return next((each for each in self.algorithms if each.kind == kind), None)
