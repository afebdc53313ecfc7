"""The nodes, and what each does now."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from controller.core.experiment import Experiment
from controller.core.model import AttemptState, attempt_name
from controller.errors import HeirloomError
from controller.views.page.source import Source
from controller.views.screen import waits

_Attempts = Mapping[str, list[tuple[int, int]]]  # by node: trials and numbers
_HEARTBEATS = 200  # read at most, of different nodes


def fetch(source: Source, _: object) -> Callable[[], dict[str, float]]:
    """When a supervisor of each node was seen last: its heartbeat's time on the store's clock."""
    root = source.record.root
    paths = {
        node: root.attempt(*attempts[0]) / "heartbeat"
        for node, attempts in list(_by_node(source.record.experiment).items())[:_HEARTBEATS]
    }
    return lambda: {node: at for node, path in paths.items() if (at := _changed(path)) is not None}


def document(source: Source, seen: Any) -> dict[str, Any]:
    """Each node of the inventory, and others that still hold attempts. `seen`: of `fetch`."""
    x = source.record.experiment
    attempts = _by_node(x)
    known = {} if isinstance(seen, HeirloomError) else seen
    names = dict.fromkeys([*x.placement.nodes, *attempts])
    return {
        "slots_per_trial": x.rules.slots,
        "nodes": [_node(x, name, attempts.get(name, []), known.get(name)) for name in names],
    }


def _node(
    x: Experiment, name: str, attempts: list[tuple[int, int]], seen_at: float | None
) -> dict[str, Any]:
    info, why = x.placement.nodes.get(name), x.placement.down.get(name)
    trials = [_attempt(x, *attempt) for attempt in attempts]
    preparing = x.preparing.get(name)
    return {
        "name": name,
        "state": _state(x, name),
        "reason": why,
        "slots": 0 if info is None else info.slots,
        "gpus": 0 if info is None else info.gpus,
        "busy": x.rules.slots * sum(one["state"] == AttemptState.RUNNING for one in trials),
        "trials": trials,
        "prepared_by": (
            None if preparing is None else attempt_name(preparing.trial, preparing.number)
        ),
        "seen_at": seen_at,
    }


def _state(x: Experiment, name: str) -> str:
    if name not in x.placement.nodes:
        return "not in the inventory"
    if name in x.set_aside:
        return "set aside"
    return "no answer" if name in x.placement.down else "up"


def _attempt(x: Experiment, trial: int, number: int) -> dict[str, Any]:
    attempt = x.trials[trial].attempts[number - 1]
    return {
        "id": trial,
        "attempt": number,
        "state": str(attempt.state),
        "since": attempt.placed_at if attempt.started_at is None else attempt.started_at,
        "waits_for": waits.of_attempt(x, trial, attempt),
    }


def _by_node(x: Experiment) -> _Attempts:
    found = defaultdict(list)
    for trial, number in x.on_nodes:
        found[x.trials[trial].attempts[number - 1].node].append((trial, number))
    return found


def _changed(path: Path) -> float | None:
    """When a file was written last, None where there is none."""
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return None
