"""The nodes of an inventory as a table, or as JSON, and what to do about what is wrong."""

from __future__ import annotations

import contextlib
import json as jsons
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from controller.dispatch.ansible.inventory import Node
from controller.dispatch.ansible.inventory import read as read_inventory
from controller.engine import interpreter
from controller.engine.session import DEFAULT_INVENTORY, LaunchError, refuse_absent, store_of
from controller.nodes.diagnose import Trouble, could_run, is_mounted, troubles
from controller.nodes.inspect import ClusterReport, NodeReport, look
from controller.state.home import Home
from controller.views.terminal import looking

_STATES = {
    "absent": "not mounted",
    "broken": "broken",
    "hung": "hangs",
    "unwritable": "not writable",
}


def show(home: Home, inventory: Path | None, store: Path | None, *, json: bool) -> bool:
    """Look at all nodes and show them; whether trials could run on every one.

    Raises HeirloomError when the inventory is none.
    """
    listed = read_inventory(inventory or DEFAULT_INVENTORY, home)
    listed = interpreter.apply(listed, interpreter.choose(), None)
    store, trouble = _store(store, listed.nodes, home)
    with contextlib.nullcontext() if json else looking(len(listed.nodes)):
        sight = look(listed, listed.nodes, store, trouble)
    found = {seen.node.name: troubles(seen, sight) for seen in sight.nodes}
    if json:
        rows = [_facts(seen, found[seen.node.name]) for seen in sight.nodes]
        said = {"store": store and str(store), "trouble": sight.trouble, "nodes": rows}
        print(jsons.dumps(said, indent=1))  # noqa: T201 - for programs
    else:
        _print(sight, found, listed.warnings)
    return not sight.trouble and all(map(could_run, found.values()))


def _store(chosen: Path | None, nodes: tuple[Node, ...], home: Home) -> tuple[Path | None, str]:
    """The store as this machine has it, and why it is of no use here."""
    try:
        store = store_of(chosen, nodes, home)
    except LaunchError as error:
        return None, str(error)
    try:
        refuse_absent(store, nodes)
    except LaunchError as error:
        return store, str(error)
    if store == home.store:
        home.prepare()
    return store, ""


def _facts(seen: NodeReport, found: list[Trouble]) -> dict[str, Any]:
    said = dict(seen.said or {})
    return {
        "node": seen.node.name,
        "reach": seen.reach,
        "reason": seen.reason,
        "could_run": could_run(found),
        "troubles": [{"kind": trouble.kind, "text": trouble.text} for trouble in found],
        "user": said.get("user"),
        "uid": said.get("uid"),
        "gid": said.get("gid"),
        "slots": {"total": len(seen.node.slots), "free": said and _free(said["slots"])},
        "gpus": said["gpus"]["there"] if said else None,
        "python": said.get("python"),
        "store": said.get("store"),
        "ahead": round(seen.ahead, 1) if said else None,
        "give_or_take": round(seen.give, 1) if said else None,
    }


def _print(
    sight: ClusterReport, found: Mapping[str, list[Trouble]], warnings: tuple[str, ...]
) -> None:
    console = Console(highlight=False)
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for column in ("node", "reachable", "slots", "GPUs", "store", "Python", "user"):
        table.add_column(column, overflow="fold")
    for seen in sight.nodes:
        style = "" if could_run(found[seen.node.name]) else "red"
        table.add_row(*map(escape, _row(seen)), style=style)
    console.print(table)
    for warning in warnings:
        console.print(f"[yellow]{escape(warning)}[/]", soft_wrap=True)
    if sight.trouble:
        console.print(f"[red]this machine[/]: {escape(sight.trouble)}", soft_wrap=True)
    for name, each in found.items():
        for trouble in each:
            colour = "yellow" if trouble.kind == "note" else "red"
            console.print(f"[{colour}]{escape(name)}[/]: {escape(trouble.text)}", soft_wrap=True)


def _row(seen: NodeReport) -> list[str]:
    total = str(len(seen.node.slots))
    if seen.said is None:
        return [seen.node.name, "no" if seen.reach == "unreachable" else seen.reach, f"?/{total}"]
    said = seen.said
    return [
        seen.node.name,
        "yes",
        f"{_free(said['slots'])}/{total} free",
        str(len(said["gpus"]["there"]) or "none"),
        _store_words(seen, said["store"]),
        said["python"]["version"] or "missing",
        said["user"],
    ]


def _free(slots: Mapping[str, Any]) -> int:
    """Slots that a trial could have now; those not yet made count where they can be made."""
    missing = slots["wanted"] - slots["there"] if slots["reason"] else 0
    return int(slots["wanted"] - slots["taken"] - missing)


def _store_words(seen: NodeReport, store: Mapping[str, Any] | None) -> str:
    """`mounted from files:/srv/heirloom, 1.2 TB free`."""
    if not store:
        return "not known"
    state = _STATES.get(store["state"])
    if state is None and store["state"] in ("unseen", "seen") and not seen.is_ours:
        state = "another one" if is_mounted(store) else "not mounted"
    if state is not None:
        return state
    source = store["mount"]["source"] if store["mount"] else "?"
    place = f"mounted from {source}" if is_mounted(store) else "on its own disk"
    return f"{place}, {_size(store['free'])} free"


def _size(count: int) -> str:
    """`81.5 GB`, `1.2 TB`."""
    size = count / 1e9
    return f"{size:.1f} GB" if size < 1000 else f"{size / 1000:.1f} TB"
