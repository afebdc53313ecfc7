"""Algorithms that the user has registered with NNI, by `nnictl algo register`.

NNI keeps them in `registered_algorithms.yml`, a list for each kind (nni/tools/package_utils in
microsoft/nni). Entries whose source is `nni` are NNI's own and are left out.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from controller.config.document import read
from controller.config.mistakes import ConfigError

_FILE = "registered_algorithms.yml"


@dataclass(frozen=True, slots=True)
class Registered:
    """One registered tuner, assessor or advisor.

    Args:
        name: the name in configurations.
        class_: MODULE.CLASS, which the tuner's Python can import.
        args: arguments that every experiment passes to the class.
        accepts_args: whether an experiment may pass further ones.
        file: the file that says so.
    """

    name: str
    class_: str
    args: Mapping[str, Any]
    accepts_args: bool
    file: Path


def find(kind: str, name: str) -> Registered | None:
    """The one of a kind (`tuner`, `assessor`, `advisor`) with this name; None if there is none."""
    return next((each for each in _all(kind) if each.name == name), None)


def names(kind: str) -> list[str]:
    """The names of a kind, sorted."""
    return sorted({each.name for each in _all(kind)})


def _all(kind: str) -> Iterator[Registered]:
    """Those of every file, in the order of `_files`. A file that cannot be read has none."""
    for file in filter(Path.is_file, _files()):
        with contextlib.suppress(ConfigError):
            listed = read(file).value.get(f"{kind}s")
            for each in listed if isinstance(listed, list) else ():
                if isinstance(each, dict) and each.get("source") != "nni":
                    yield from _entry(each, file)


def _entry(entry: Mapping[str, Any], file: Path) -> Iterator[Registered]:
    name, class_, args = entry.get("builtinName"), entry.get("className"), entry.get("classArgs")
    if isinstance(name, str) and isinstance(class_, str):
        accepts = entry.get("acceptClassArgs") is not False
        yield Registered(name, class_, args if isinstance(args, dict) else {}, accepts, file)


def _files() -> Iterator[Path]:
    """Where NNI keeps the file: NNI_CONFIG_DIR, else the environment, else the home directory."""
    if directory := os.environ.get("NNI_CONFIG_DIR"):
        yield Path(directory, _FILE)
        return
    for prefix in (os.environ.get("VIRTUAL_ENV"), os.environ.get("CONDA_PREFIX"), sys.prefix):
        if prefix:
            yield Path(prefix, "nni", _FILE)
    with contextlib.suppress(RuntimeError):  # this user has no home directory
        yield Path.home() / ".config/nni" / _FILE
