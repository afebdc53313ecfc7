"""The inventory: the nodes, and the slots, GPUs and paths of each."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from controller.config.cluster import CLUSTER_STORE, GROUP
from controller.config.document import scalars
from controller.core.model import NodeInfo
from controller.dispatch.ansible import host_variables
from controller.dispatch.ansible.environment import DEFAULT_INVENTORY
from controller.dispatch.ansible.host_variables import Slot
from controller.dispatch.ansible.inventory_file import (
    InventoryError,
    check_file,
    list_hosts,
    mistake_of,
)
from controller.state.home import Home, user_name
from heirloom.node.spec_values import path_problem
from heirloom.store.atomic_write import replace_file

__all__ = [
    "Inventory",
    "InventoryError",
    "Node",
    "Slot",
    "nodes_of",
    "read",
    "read_mapping",
    "write",
]

CLUSTER_RUN = Path("/run/heirloom")  # tmpfiles.d creates it on nodes that the roles set up
# The defaults of the roles for an inventory with a server (roles/*/defaults).
SERVER_GROUP = "nfs_server"
CLUSTER_USER = "heirloom"
# The default inventory as it is shipped, and what Ansible makes of it. Ansible takes longer to
# start than everything else of a search on this machine.
_ON_THIS_MACHINE = {
    "ansible_connection": "local",
    "ansible_python_interpreter": "{{ ansible_playbook_python }}",
}
_SHIPPED = {
    GROUP: {"hosts": {"localhost": _ON_THIS_MACHINE}},
    SERVER_GROUP: None,
    "controllers": None,
}
_THIS_MACHINE: dict[str, Any] = {
    "_meta": {"hostvars": {"localhost": _ON_THIS_MACHINE}},
    "all": {"children": ["ungrouped", *_SHIPPED]},
    GROUP: {"hosts": ["localhost"]},
}
# Ansible's patterns, with which nodes are chosen for a wave, give these a meaning.
_BAD_NAME = re.compile(r"[\s,/]|^[-!&~@]")


@dataclass(frozen=True, slots=True)
class Node:
    """A host of the group `trial_nodes`."""

    name: str
    slots: tuple[Slot, ...]
    run_dir: Path  # on the node's local disk
    connection: str = "ssh"  # of Ansible: local, ssh, ...
    python: str | None = None  # `python` of trials; None: the one on the node's PATH
    store: Path | None = None  # the store's path on the node; None: the controller's path
    user: str | None = None  # of supervisors and trials; None: the user that Ansible logs in as
    node_dir: Path | None = None  # for prepared directories; None: in the cache of the trials' user
    become: bool = False  # whether Ansible needs `become` to run as that user
    own_slots: bool = field(default=True, compare=False)  # False: without heirloom_slots

    @property
    def is_local(self) -> bool:
        """Whether the node is the controller's own machine."""
        return self.connection == "local"

    @property
    def info(self) -> NodeInfo:
        """The node as the core knows it."""
        gpus = {gpu for slot in self.slots for gpu in slot.gpus}
        return NodeInfo(self.name, len(self.slots), len(gpus))


@dataclass(frozen=True, slots=True)
class Inventory:
    """An inventory as Ansible reads it."""

    path: Path
    nodes: tuple[Node, ...]
    warnings: tuple[str, ...] = ()  # of Ansible, a line each

    @property
    def login(self) -> Mapping[str, Any]:
        """Variables that override the inventory's: the trial user logs in to nodes as itself."""
        me = user_name()
        if me in {node.user for node in self.nodes}:
            return {"ansible_user": me, "ansible_become": False}
        return {}


def read(path: Path, home: Home | None = None) -> Inventory:
    """Read an inventory file or directory in any format of Ansible. Raises InventoryError.

    `home` has the run directory of a local node without heirloom_run_dir.
    """
    path = path.expanduser().absolute()
    check_file(path)
    listed, warnings = (_THIS_MACHINE, ()) if _is_as_shipped(path) else list_hosts(path, path)
    warnings = (*warnings, *_remarks(listed))
    return Inventory(path, nodes_of(listed, path, home or Home.of_user(), warnings), warnings)


def _is_as_shipped(path: Path) -> bool:
    """Whether this is the default inventory, unchanged, with no files of variables beside it."""
    if path != DEFAULT_INVENTORY:
        return False
    if any((path.parent / name).exists() for name in ("group_vars", "host_vars")):
        return False
    try:
        return bool(yaml.safe_load(path.read_bytes()) == _SHIPPED)
    except (OSError, ValueError, yaml.YAMLError):
        return False  # Ansible says what is wrong with it


def read_mapping(inventory: Mapping[str, Any], file: Path, home: Home | None = None) -> Inventory:
    """Read the inventory in an experiment file; `file` is that file. Raises InventoryError."""
    with tempfile.TemporaryDirectory() as directory:
        written = Path(directory) / "inventory.yml"
        write(inventory, written)
        listed, warnings = list_hosts(written, file)
    warnings = (*warnings, *_remarks(listed))
    return Inventory(file, nodes_of(listed, file, home or Home.of_user(), warnings), warnings)


def write(inventory: Mapping[str, Any], path: Path) -> None:
    """Write an inventory for Ansible, durably. Raises OSError."""
    replace_file(str(path), scalars.dump(inventory).encode(), durable=True, mode=0o600)


def nodes_of(
    listed: Mapping[str, Any], path: Path, home: Home, warnings: Sequence[str] = ()
) -> tuple[Node, ...]:
    """The nodes in the output of `ansible-inventory --list` for `path`. Raises InventoryError."""
    hosts = _hosts(listed, GROUP)
    if not hosts:
        known = ", ".join(sorted(_groups(listed))) or "none"
        also = "".join(f" (Ansible warns: {warning})" for warning in warnings[:1])
        if mistake := mistake_of(path):
            also = f" ({mistake})"
        raise InventoryError(
            f"{path}: no host in the group {GROUP!r} (groups found: {known}): put the hosts that "
            f"run trials into it{also}"
        )
    variables = listed.get("_meta", {}).get("hostvars", {})
    defaults: dict[str, str] = {}
    if _hosts(listed, SERVER_GROUP):
        defaults = {"heirloom_store": CLUSTER_STORE, "heirloom_user": CLUSTER_USER}
    return tuple(_node(path, name, defaults | variables.get(name, {}), home) for name in hosts)


def _remarks(listed: Mapping[str, Any]) -> Iterator[str]:
    variables = listed.get("_meta", {}).get("hostvars", {})
    for host in _hosts(listed, GROUP):
        yield from host_variables.misspelt(host, variables.get(host, {}))


def _groups(listed: Mapping[str, Any]) -> set[str]:
    """The groups that the user defined. An empty one appears only as a child of another."""
    children = {child for group in listed.values() for child in group.get("children", ())}
    return (children | set(listed)) - {"_meta", "all", "ungrouped"}


def _hosts(listed: Mapping[str, Any], group: str) -> list[str]:
    """The hosts of a group and of its children, in the inventory's order, each once."""
    found = listed.get(group, {})
    hosts: list[str] = list(found.get("hosts", ()))
    for child in found.get("children", ()):
        hosts += _hosts(listed, child)
    return list(dict.fromkeys(hosts))


def _node(path: Path, name: str, variables: Mapping[str, Any], home: Home) -> Node:
    where = f"{path}, host {name}"
    if _BAD_NAME.search(name):
        raise InventoryError(
            f"{where}: the name of a node must not contain a blank, a comma or '/', nor begin with "
            f"one of -!&~@: write each host by itself, or use an alias with ansible_host"
        )
    connection = host_variables.text(where, variables, "ansible_connection") or "ssh"
    local = connection == "local"
    store = host_variables.text(where, variables, "heirloom_store")
    user = host_variables.text(where, variables, "heirloom_user")
    remote = variables.get("ansible_user") or os.environ.get("ANSIBLE_REMOTE_USER")
    login = user_name() if local else remote
    return Node(
        name=name,
        slots=host_variables.slots(where, variables, local=local),
        run_dir=_run_dir(where, variables, home, local=local),
        connection=connection,
        python=host_variables.python(where, variables),
        node_dir=_node_dir(where, variables, home, own=local and user in (None, user_name())),
        store=None if store is None else host_variables.directory(where, "heirloom_store", store),
        user=user,
        become=user is not None and login not in (user, "root") and user_name() != user,
        own_slots=variables.get("heirloom_slots") is not None,
    )


def _run_dir(where: str, variables: Mapping[str, Any], home: Home, *, local: bool) -> Path:
    """The run directory: the inventory's, that of the roles, or the user's own on this machine."""
    name = "heirloom_run_dir"
    if (given := host_variables.text(where, variables, name)) is not None:
        return host_variables.directory(where, name, given)
    # This machine is a node of a cluster only if the roles created its slots.
    if not local or (
        (CLUSTER_RUN / "slots").is_dir() and os.access(CLUSTER_RUN, os.W_OK | os.X_OK)
    ):
        return CLUSTER_RUN
    if problem := path_problem(str(home.run)):
        raise InventoryError(
            f"the run directory {str(home.run)!r} {problem}: set HEIRLOOM_HOME to another directory"
        )
    return home.run


def _node_dir(where: str, variables: Mapping[str, Any], home: Home, *, own: bool) -> Path | None:
    """Where prepared directories are; `own`: the node is this machine, and its user this one."""
    name = "heirloom_node_dir"
    if (given := host_variables.text(where, variables, name)) is not None:
        return host_variables.directory(where, name, given)
    return home.path / "node" if own else None
