"""Where a search with faults runs: this machine, or test hosts."""

from __future__ import annotations

import random
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from tests.faults.terminal import Terminal


class MissedError(Exception):
    """There was nothing that the fault could have hit."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One kind of fault.

    `inject` makes it, holds it and heals it, and says in words what it hit. It raises MissedError.
    """

    kind: str
    inject: Callable[[random.Random], str]
    ends_controller: bool = False  # whether the controller may end because of it


class Place(Protocol):
    """What the injector, the observer and the audit ask of a place."""

    terminal: Terminal
    patience: float  # seconds from a fault's end within which something must be committed again
    doubted: float  # seconds for which a verdict that was seen may go with its server's power

    @property
    def faults(self) -> Mapping[str, Fault]:
        """The faults that can be injected here, by kind."""

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Start `python -m controller WORDS`, its output in one pipe."""

    def command(self, *words: str) -> tuple[int, str]:
        """Run `python -m controller WORDS` to its end; exit code and output."""

    def enough(self) -> None:
        """No fault is to come: have the search go to its end."""

    def manifests(self) -> dict[int, str] | None:
        """The text of every manifest on the store, by trial; None when the store does not say."""

    def wrong_files(self) -> dict[int, list[str]]:
        """The committed files whose bytes are not those of their manifests, by trial."""

    def witnessed(self) -> list[dict[str, Any]]:
        """What trial processes left as witnesses, in no order."""

    def leftovers(self) -> list[str]:
        """What still runs or holds a slot for a search that is over, in words."""

    def flipped(self) -> Mapping[str, float]:
        """Digests of committed files that a fault changed, and when: seconds since the epoch."""
