"""Limits for metrics by name: how many an attempt may have, and which numbers JSON can represent.

A trial applies them to what it reports, and the controller to what it reads.
"""

from __future__ import annotations

from typing import Any, Optional

from .values import finite

COUNT_LIMIT = 64  # names of one attempt
NAME_LIMIT = 64  # characters of a name


class MetricLimits:
    """The names that one attempt has reported so far."""

    def __init__(self) -> None:
        self._names: set[str] = set()
        self.problem = ""  # why the first metric was dropped; empty if none was

    def keep(self, metrics: Any) -> dict[str, Optional[float]]:
        """The metrics within the limits. A number that no finite float represents becomes None."""
        if not isinstance(metrics, dict):
            self._drop(f"metrics must be an object, not {type(metrics).__name__}")
            return {}
        kept: dict[str, Optional[float]] = {}
        for name, value in metrics.items():
            if not (value is None or _is_number(value)):
                self._drop(f"metric {name!r:.80} is no number")
            elif name in self._names or self._is_new(name):
                kept[name] = value if finite(value) else None
        return kept

    def _is_new(self, name: Any) -> bool:
        """Add a name. False, with the reason in `problem`, where it is beyond the limits."""
        if not isinstance(name, str) or not name.isprintable() or not 0 < len(name) <= NAME_LIMIT:
            self._drop(
                f"the name of metric {name!r:.80} is not 1 to {NAME_LIMIT} printable characters"
            )
        elif len(self._names) == COUNT_LIMIT:
            self._drop(f"metric {name!r} is one too many: an attempt has {COUNT_LIMIT} names")
        else:
            self._names.add(name)
            return True
        return False

    def _drop(self, problem: str) -> None:
        self.problem = self.problem or problem


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
