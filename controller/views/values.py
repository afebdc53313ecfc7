"""The values of a trial in words."""

from __future__ import annotations

from collections.abc import Mapping

from heirloom.objective import Objectives


def shown(
    objectives: Objectives, value: float | None, values: Mapping[str, float] | None = None
) -> str:
    """A result's values: `0.93`, or with names `accuracy 0.93, latency 12`; empty without one."""
    found = objectives.values(value, values)
    if not objectives.are_named:
        return "" if value is None else f"{value:.6g}"
    known = (name for name in objectives.names if name in found)
    return ", ".join(f"{name} {found[name]:.6g}" for name in known)


def missing(objectives: Objectives, values: Mapping[str, float]) -> str:
    """The names that a result has no value of."""
    return ", ".join(name for name in objectives.names if name not in values)
