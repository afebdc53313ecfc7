"""The interface of exporters, and what several of them do."""

from __future__ import annotations

import contextlib
import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any, Protocol

from controller.results.tools.source import Source
from controller.views.values import flat

PARENTS = "heirloom.parents"  # the trials whose weights a trial started from
SQLITE = "sqlite:///"
_PLAIN = (bool, int, float, str)


class Exporter(Protocol):
    """Writes the trials of an experiment in the form of another tool.

    A class of another package need not import this one. Its entry point in the group
    `heirloom.exporters` names it.
    """

    def export(self, source: Source, path: str | None) -> str:
        """Write what the tool does not have yet; return in words what was written, and where.

        `path` is what the user gave: a file, a directory or the address of a service; None: the
        exporter chooses. Repeated, with the same `path`, it writes nothing twice, also after a call
        that was killed. No two calls for one experiment overlap. Trials that have not ended are
        written by a later call. Raises OSError.
        """


@contextlib.contextmanager
def replacing(path: Path, mode: str = "w") -> Iterator[IO[Any]]:
    """A new file that takes the place of `path` when the block ends without an error.

    A device or a pipe, such as /dev/stdout, is written directly. Raises OSError.
    """
    text: dict[str, Any] = {} if "b" in mode else {"encoding": "utf-8", "newline": ""}
    if path.exists() and not path.is_file():
        with path.open(mode, **text) as file:  # of a directory this raises OSError
            yield file
        return
    path = path.resolve()  # a symbolic link stays
    draft = path.with_name(draft_name(str(os.getpid())))
    try:
        with draft.open(mode, **text) as file:
            yield file
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def create_database(address: str, create: Callable[[str], object]) -> None:
    """Create an SQLite database as a whole, if there is no file at its address yet.

    `create` gets the address of a draft. A kill in the middle leaves no database without tables,
    which no tool could read or complete. Other addresses are left to their tools. Raises OSError.
    """
    path = Path(address.removeprefix(SQLITE)).absolute()
    if not address.startswith(SQLITE) or "?" in path.name or os.path.lexists(path):
        return
    draft = path.with_name(draft_name(str(os.getpid())))
    draft.unlink(missing_ok=True)
    try:
        create(f"{SQLITE}{draft}")
        try:
            os.link(draft, path)
        except OSError:
            if not os.path.lexists(path):  # another process was not faster: no hard links here
                draft.rename(path)
    finally:
        draft.unlink(missing_ok=True)


def draft_name(process: str) -> str:
    """The name of a file that a process has not completed. TensorBoard reads no such file."""
    return f".heirloom-{process}.draft"


def flat_params(trial: Mapping[str, Any]) -> dict[str, bool | int | float | str]:
    """The params of a trial by name, those in objects with dots.

    What is neither a number nor text is JSON.
    """
    return {
        name: value if isinstance(value, _PLAIN) else json.dumps(value, sort_keys=True)
        for name, value in flat(trial["params"])
    }


def results(trial: Mapping[str, Any]) -> dict[str, float]:
    """The numbers of a trial's result: the values of the objectives, then all others by name."""
    found = dict(trial["values"])
    if isinstance(trial["result"], Mapping):
        for name, value in trial["result"].items():
            if isinstance(value, int | float) and not isinstance(value, bool):
                found.setdefault(str(name), value)
    return found


def without_password(address: str) -> str:
    """The address of a service as it may be printed."""
    return re.sub(r"(://[^/@:]*):[^/@]*@", r"\1@", address)


def id_list(ids: list[int]) -> str:
    """Ids of trials as text: `3 5`."""
    return " ".join(map(str, ids))


def times(trial: Mapping[str, Any], count: int) -> list[float]:
    """`count` points in time, spread evenly from the start of a trial to its end.

    They stand for the times of its reports, of which the journal knows when they were read.
    """
    end = trial["ended_at"] or 0.0
    start = min(trial["started_at"] or end, end)
    return [start + (end - start) * (index + 1) / count for index in range(count)]


def safe_name(name: str, allowed: str = r"\w./ -") -> str:
    """A name in which each character that a tool does not allow is an underscore."""
    return re.sub(rf"[^{allowed}]", "_", name, flags=re.ASCII) or "_"
