"""Start a controller in a process of its own, which outlives this one."""

from __future__ import annotations

import json
import os
import re
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Optional, Union

from .command import ClientError, environment, error_in, program
from .experiment import Experiment

_POLL = 0.05  # seconds
# The first lines of a search: its name and nodes, then its directory.
_STARTED = re.compile(r"^(?P<name>[\w.-]+) on [^\n]*\nstore ", re.MULTILINE)
_SQLITE = "sqlite:///"
_PATHS = ("search_space_file", "store", "inventory")  # keys with a path
_PATHS_IN_SECTIONS = (  # section and key
    ("trial", "code_dir"),
    ("trial", "python"),
    ("tuner", "code_dir"),
    ("assessor", "code_dir"),
)


def run(
    file: Union[str, Path, Mapping[str, Any]],
    *,
    name: Optional[str] = None,
    inventory: Union[str, Path, None] = None,
    slots: Optional[int] = None,
    keep_going: bool = False,
    seed: Optional[int] = None,
) -> Experiment:
    """Start a search. Returns when its experiment exists; the search goes on by itself.

    Args:
        file: an experiment file, or what one would say. Paths in a mapping are relative to the
            working directory, and so is the name by default.
        name: the experiment's name, instead of the file's. It must be free.
        inventory: an Ansible inventory with the nodes.
        slots: how many trials this machine runs at a time.
        keep_going: do not pause when many trials fail in the same way.
        seed: of the tuner and the trials, instead of the file's.

    Raises ClientError where the search cannot be started.
    """
    with tempfile.TemporaryDirectory(prefix="heirloom-") as directory:
        if isinstance(file, Mapping):
            path = Path(directory, "experiment.yml")
            path.write_text(_text(_absolute(file, Path.cwd())), encoding="utf-8")
        else:
            path = Path(file)
        words = ["run", str(path)]
        for option, value in (
            ("--name", name),
            ("--inventory", inventory),
            ("--slots", slots),
            ("--seed", seed),
        ):
            words += [] if value is None else [option, str(value)]
        words += ["--keep-going"] if keep_going else []
        process, found = _start(words)
    return Experiment(found, process)


def resume(name: str, *words: str) -> subprocess.Popen[Any]:
    """Go on with an experiment; `words` are further options. Returns its controller's process."""
    return _start(["resume", name, *words])[0]


def _start(words: Sequence[str]) -> tuple[subprocess.Popen[Any], str]:
    """Start a controller, and wait until it has its experiment. Returns the experiment's name."""
    with tempfile.NamedTemporaryFile(prefix="heirloom-", suffix=".log") as log:
        process = subprocess.Popen(
            [*program(), *words],
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        while True:
            ended = process.poll()
            text = Path(log.name).read_text(encoding="utf-8", errors="replace")
            started = _STARTED.search(text)
            if started is not None:
                return process, started["name"]
            if ended is not None:
                raise ClientError(error_in(text, words))
            time.sleep(_POLL)


def _text(config: Mapping[str, Any]) -> str:
    """The text of an experiment file. Raises ClientError for a value that a file cannot have."""
    try:
        return json.dumps(config)
    except (TypeError, ValueError) as error:
        raise ClientError(f"the mapping is no experiment: {error}") from None


def _absolute(config: Mapping[str, Any], base: Path) -> dict[str, Any]:
    """What an experiment file in another directory has to say in place of `config` in `base`."""
    found: dict[str, Any] = {
        key: dict(value) if isinstance(value, Mapping) else value for key, value in config.items()
    }
    default = re.sub(r"[^a-z0-9_-]+", "-", base.name.lower()).strip("-_")
    found.setdefault("name", default or "search")
    holders: list[tuple[dict[str, Any], str]] = [(found, key) for key in _PATHS]
    for section, key in _PATHS_IN_SECTIONS:
        holder = found.setdefault("trial", {}) if section == "trial" else found.get(section)
        if isinstance(holder, dict):
            if key == "code_dir" and (section == "trial" or "class" in holder):
                holder.setdefault(key, ".")
            holders.append((holder, key))
    exporters = found.get("exporters")
    if isinstance(exporters, dict):
        holders += [(exporters, tool) for tool in exporters]
    for holder, key in holders:
        value = holder.get(key)
        if isinstance(value, (str, os.PathLike)):
            holder[key] = _absolute_path(os.fspath(value), base)
    return found


def _absolute_path(path: str, base: Path) -> str:
    """The absolute path, also inside the address of an SQLite database. Other addresses stay."""
    if path.startswith(_SQLITE):
        return f"{_SQLITE}{base / Path(path[len(_SQLITE) :]).expanduser()}"
    if not path or "://" in path:  # an empty path is refused later, as in a file
        return path
    return str(base / Path(path).expanduser())
