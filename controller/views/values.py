"""The values of a trial in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

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


def flat(params: Mapping[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    """Params by name. Those inside an object have its name and a dot before theirs.

    The layers of a network, a list of objects with an `id`, have their id in place of a name.
    """
    found: list[tuple[str, Any]] = []
    for name, value in params.items():
        if isinstance(value, Mapping) and value:
            found += flat(value, f"{prefix}{name}.")
        elif _is_layers(value):
            found += [(f"{prefix}{name}.{layer['id']}", layer) for layer in value]
        else:
            found.append((f"{prefix}{name}", value))
    return found


def _is_layers(value: Any) -> bool:
    return (
        isinstance(value, list)
        and len(value) > 0
        and all(isinstance(item, Mapping) and isinstance(item.get("id"), int) for item in value)
        and len({item["id"] for item in value}) == len(value)
    )
