"""Specs for tests."""

from typing import Any

from heirloom.node.spec import Spec


def spec(attempt: str = "7.2", **more: Any) -> Spec:
    """A small valid spec of an attempt."""
    common: dict[str, Any] = {"experiment": "digits-1", "root": "/s/ann/digits-1", "node": "a"}
    return Spec(attempt=attempt, command="true", runtime="runtime/1", params={}, **common, **more)
