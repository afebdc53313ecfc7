"""The record of the Python that a trial ran in, which its node wrote on the store."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from controller.store.layout import Root
from heirloom.node.inspect import environments

_LIMIT = 4 << 20  # bytes of a record


@dataclass(frozen=True, slots=True)
class TrialEnvironment:
    """A Python on a node. Every field is text that the node wrote."""

    node: str
    python: str  # the interpreter's path
    version: str
    platform: str
    threads: int | None  # of OpenMP and MKL in each trial
    packages: tuple[str, ...]  # requirements, as `pip freeze` prints them

    @property
    def requirements(self) -> str:
        """The text of `requirements.txt`."""
        head = f"# Python {self.version} on {self.platform}, as trials found it on {self.node}."
        return "".join(f"{line}\n" for line in (head, *self.packages))


def find(root: Root, node: str, python: str) -> TrialEnvironment | None:
    """The record for an interpreter of a node; None where there is none that can be read."""
    path = root.path / environments.DIRECTORY / environments.file_name(node, python)
    try:
        with path.open("rb") as file:
            data = json.loads(file.read(_LIMIT))
    except (OSError, ValueError, RecursionError):
        return None
    if not isinstance(data, dict) or data.get("format") != environments.FORMAT:
        return None
    packages, threads = data.get("packages"), str(data.get("threads"))
    return TrialEnvironment(
        node=_line(data.get("node")),
        python=_line(data.get("python")),
        version=_line(data.get("version")),
        platform=_line(data.get("platform")),
        threads=int(threads) if threads.isdecimal() else None,
        packages=tuple(map(_line, packages)) if isinstance(packages, list) else (),
    )


def _line(value: Any) -> str:
    """A value as one line of printable text."""
    return "".join(filter(str.isprintable, str(value)))
