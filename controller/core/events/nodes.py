"""The nodes of the inventory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from controller.core.model import NodeInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class NodesFound:
    """The inventory was read. `nodes` replaces all earlier nodes.

    `slots` is the number that the user chose for this machine, where there is no inventory.
    """

    at: float
    nodes: tuple[NodeInfo, ...]
    slots: int | None = None
    kind: Literal["nodes-found"] = "nodes-found"


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeDown:
    """The node is unreachable. Nothing is placed there until `NodeUp`."""

    at: float
    node: str
    reason: str
    kind: Literal["node-down"] = "node-down"


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeUp:
    """The node is reachable again."""

    at: float
    node: str
    kind: Literal["node-up"] = "node-up"


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeSetAside:
    """Decision: place nothing on the node, because several attempts in a row failed there.

    After `wait` seconds the node is probed, then again until it answers that it is well.
    """

    at: float
    node: str
    reason: str
    wait: float
    kind: Literal["node-set-aside"] = "node-set-aside"
