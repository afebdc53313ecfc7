"""The environment in which a search with faults runs: this machine, or test hosts."""

from __future__ import annotations

import random
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from tests.faults.terminal import Terminal


class MissedError(Exception):
    """The fault found no target."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One kind of fault.

    `inject` causes the fault, ends it, and returns a description of its target. It raises
    MissedError.
    """

    kind: str
    inject: Callable[[random.Random], str]
    ends_controller: bool = False  # whether the controller may end because of it


class Environment(Protocol):
    """What the injector, the observer and the audit need from an environment."""

    terminal: Terminal
    patience: float  # seconds from a fault's end to the next verdict, at most
    doubted: float  # seconds for which the server's power cut may lose a verdict that was seen

    @property
    def faults(self) -> Mapping[str, Fault]:
        """The faults that can be injected here, by kind."""

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Start `python -m controller WORDS`, with all output in one pipe."""

    def command(self, *words: str) -> tuple[int, str]:
        """Run `python -m controller WORDS`, and return exit code and output."""

    def enough(self) -> None:
        """Let the search end; no further fault is injected."""

    def manifests(self) -> dict[int, str] | None:
        """The text of every manifest, by trial, or None if the store does not answer."""

    def wrong_files(self) -> dict[int, list[str]]:
        """The committed files that differ from their manifests, by trial."""

    def witnessed(self) -> list[dict[str, Any]]:
        """The witness lines of trial processes, in no order."""

    def leftovers(self) -> list[str]:
        """Descriptions of what still runs or holds a slot after the search."""

    def flipped(self) -> Mapping[str, float]:
        """Digests of committed files that a fault changed, and when (seconds since the epoch)."""
