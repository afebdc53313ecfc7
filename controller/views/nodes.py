"""The nodes of an inventory as a table or as JSON, and how to fix what is wrong."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich import filesize
from rich.markup import escape
from rich.table import Table

from controller.dispatch.ansible.environment import DEFAULT_INVENTORY
from controller.dispatch.ansible.inventory import Node
from controller.dispatch.ansible.inventory import read as read_inventory
from controller.engine.setup import interpreter
from controller.engine.setup.cluster import require_store, store_path
from controller.errors import LaunchError
from controller.nodes.diagnose import Problem, can_run, find_problems, is_mounted
from controller.nodes.inspect import ClusterReport, NodeReport, inspect_nodes
from controller.state.home import Home
from controller.views import output
from controller.views.screen import inspecting

_STATES = {
    "absent": "not mounted",
    "broken": "broken",
    "hung": "hangs",
    "unwritable": "not writable",
}


def show(home: Home, inventory: Path | None, store: Path | None, *, json: bool) -> bool:
    """Inspect all nodes and print what was found. Returns whether trials could run on every one.

    Raises HeirloomError where the inventory cannot be used.
    """
    listed = read_inventory(inventory or DEFAULT_INVENTORY, home)
    listed = interpreter.apply(listed, interpreter.choose(), None)
    chosen = None if store is None else store.expanduser().absolute()
    store, trouble = _store(chosen, listed.nodes, home)
    with contextlib.nullcontext() if json else inspecting(len(listed.nodes)):
        cluster = inspect_nodes(listed, listed.nodes, store, trouble)
    found = {report.node.name: find_problems(report, cluster) for report in cluster.nodes}
    if json:
        rows = [_facts(report, found[report.node.name]) for report in cluster.nodes]
        facts = {"store": store and str(store), "trouble": cluster.store_problem, "nodes": rows}
        output.print_json(facts)
    else:
        _print(cluster, found, listed.warnings)
    return not cluster.store_problem and all(map(can_run, found.values()))


def _store(chosen: Path | None, nodes: tuple[Node, ...], home: Home) -> tuple[Path | None, str]:
    """The store's path on this machine, and the reason where it cannot be used."""
    try:
        store = store_path(chosen, nodes, home)
    except LaunchError as error:
        return None, str(error)
    try:
        require_store(store, nodes)
    except LaunchError as error:
        return store, str(error)
    if store == home.store:
        home.prepare()
    return store, ""


def _facts(report: NodeReport, found: list[Problem]) -> dict[str, Any]:
    facts = dict(report.facts or {})
    return {
        "node": report.node.name,
        "reach": report.reach,
        "reason": report.reason,
        "could_run": can_run(found),
        "troubles": [{"kind": trouble.kind, "text": trouble.text} for trouble in found],
        "user": facts.get("user"),
        "uid": facts.get("uid"),
        "gid": facts.get("gid"),
        "slots": {"total": len(report.node.slots), "free": facts and _free(facts["slots"])},
        "gpus": facts["gpus"]["there"] if facts else None,
        "python": facts.get("python"),
        "limits": facts.get("limits"),
        "store": facts.get("store"),
        "ahead": round(report.clock_ahead, 1) if facts else None,
        "give_or_take": round(report.clock_error, 1) if facts else None,
    }


def _print(
    cluster: ClusterReport, found: Mapping[str, list[Problem]], warnings: tuple[str, ...]
) -> None:
    console = output.console()
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for column in ("node", "reachable", "slots", "GPUs", "store", "Python", "user"):
        table.add_column(column, overflow="fold")
    for report in cluster.nodes:
        style = "" if can_run(found[report.node.name]) else "red"
        table.add_row(*map(escape, _row(report)), style=style)
    output.print_table(console, table)
    for warning in warnings:
        console.print(f"[yellow]{escape(warning)}[/]", soft_wrap=True)
    if cluster.store_problem:
        console.print(f"[red]this machine[/]: {escape(cluster.store_problem)}", soft_wrap=True)
    for name, each in found.items():
        for trouble in each:
            colour = "yellow" if trouble.kind == "note" else "red"
            console.print(f"[{colour}]{escape(name)}[/]: {escape(trouble.text)}", soft_wrap=True)


def _row(report: NodeReport) -> list[str]:
    total = str(len(report.node.slots))
    if report.facts is None:
        return [
            report.node.name,
            "no" if report.reach == "unreachable" else report.reach,
            f"?/{total}",
        ]
    facts = report.facts
    return [
        report.node.name,
        "yes",
        f"{_free(facts['slots'])}/{total} free",
        str(len(facts["gpus"]["there"]) or "none"),
        _store_text(report, facts["store"]),
        facts["python"]["version"] or "missing",
        facts["user"],
    ]


def _free(slots: Mapping[str, Any]) -> int:
    """Free slots. Slots whose files are missing count where the files can be created."""
    missing = slots["wanted"] - slots["there"] if slots["reason"] else 0
    return int(slots["wanted"] - slots["taken"] - missing)


def _store_text(report: NodeReport, store: Mapping[str, Any] | None) -> str:
    """`mounted from files:/srv/heirloom, 1.2 TB free`."""
    if not store:
        return "not known"
    state = _STATES.get(store["state"])
    if state is None and store["state"] in ("unseen", "report") and not report.answer_seen:
        state = "another store" if is_mounted(store) else "not mounted"
    if state is not None:
        return state
    source = store["mount"]["source"] if store["mount"] else "?"
    place = f"mounted from {source}" if is_mounted(store) else "on its own disk"
    return f"{place}, {filesize.decimal(store['free'])} free"
