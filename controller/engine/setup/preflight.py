"""The checks before the first trial. Every node that answers must see the experiment's store."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager

from controller.core import events as e
from controller.engine.session import PreparedSession
from controller.errors import LaunchError
from controller.nodes import machine
from controller.nodes.diagnose import Problem, can_run, find_problems
from controller.nodes.inspect import inspect_nodes
from controller.state.home import user_name
from heirloom.node.inspect.machine import describe


def check(
    session: PreparedSession, progress: Callable[[int], AbstractContextManager[None]]
) -> tuple[list[e.Event], list[str]]:
    """Inspect the nodes: return NodeDown events, and warnings for the user.

    `progress(COUNT)` is active while nodes are inspected. Raises LaunchError if a node has another
    store than this machine, or if no node can run a trial.
    """
    store = session.root.store
    if all(
        node.is_local and node.user in (None, user_name()) and node.store in (None, store)
        for node in session.nodes
    ):
        # All nodes are this machine, this user and this path. So this process can check them.
        if not os.access(session.root.attempts, os.W_OK | os.X_OK):
            raise LaunchError(
                f"{session.root.attempts} cannot be written by this user: it may be another user's"
            )
        facts = describe(str(session.nodes[0].run_dir))
        return [], [*machine.limits(session.config, facts), *machine.shared(facts)]
    with progress(len(session.nodes)):
        cluster = inspect_nodes(session.inventory, session.nodes, store)
    if cluster.store_problem:
        raise LaunchError(cluster.store_problem)
    gpus = session.config.trial.gpus
    found = {report.node.name: find_problems(report, cluster, gpus) for report in cluster.nodes}
    problems = [(name, problem) for name, each in found.items() for problem in each]
    refused = _texts(problem for problem in problems if problem[1].kind == "store")
    if not refused and not any(map(can_run, found.values())):
        refused = _texts(problem for problem in problems if problem[1].kind != "note")
    if refused:
        raise LaunchError("\n".join(["no trial was started", *refused]))
    now = time.time()
    down: list[e.Event] = [
        e.NodeDown(at=now, node=report.node.name, reason=report.reason)
        for report in cluster.nodes
        if report.facts is None
    ]
    return down, _texts(problem for problem in problems if problem[1].kind != "reach")


def _texts(problems: Iterable[tuple[str, Problem]]) -> list[str]:
    return [f"{name}: {problem.text}" for name, problem in problems]
