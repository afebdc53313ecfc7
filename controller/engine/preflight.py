"""Before the first trial: every node that can be reached must see the experiment's store."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import AbstractContextManager

from controller.core import events as e
from controller.engine.session import LaunchError, PreparedSession
from controller.nodes.diagnose import can_run, find_problems
from controller.nodes.inspect import inspect_nodes
from controller.state.home import user_name


def check(
    ready: PreparedSession, progress: Callable[[int], AbstractContextManager[None]]
) -> tuple[list[e.Event], list[str]]:
    """Look at the nodes of an experiment: the nodes that are down, and warnings in words.

    Raises LaunchError where a node has not the store that this machine has, or none could run a
    trial.
    """
    store = ready.root.store
    if all(
        node.is_local and node.user in (None, user_name()) and node.store in (None, store)
        for node in ready.nodes
    ):
        # Nobody else is asked, and no other path: what this process sees holds for all of them.
        if not os.access(ready.root.attempts, os.W_OK | os.X_OK):
            raise LaunchError(f"{ready.root.attempts} cannot be written: is it another user's?")
        return [], []
    with progress(len(ready.nodes)):
        cluster = inspect_nodes(ready.inventory, ready.nodes, store)
    if cluster.store_problem:
        raise LaunchError(cluster.store_problem)
    found = {report.node.name: find_problems(report, cluster) for report in cluster.nodes}
    said = [(name, trouble) for name, each in found.items() for trouble in each]
    refused = [f"{name}: {trouble.text}" for name, trouble in said if trouble.kind == "store"]
    if not refused and not any(map(can_run, found.values())):
        refused = [f"{name}: {trouble.text}" for name, trouble in said if trouble.kind != "note"]
    if refused:
        raise LaunchError("\n".join(["no trial was started", *refused]))
    now = time.time()
    down: list[e.Event] = [
        e.NodeDown(at=now, node=report.node.name, reason=report.reason)
        for report in cluster.nodes
        if report.facts is None
    ]
    return down, [f"{name}: {trouble.text}" for name, trouble in said if trouble.kind != "reach"]
