"""The inventory: the nodes, and the slots, GPUs and paths of each."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from controller.config.cluster import CLUSTER_STORE, GROUP
from controller.config.document import scalars
from controller.core.model import NodeInfo
from controller.dispatch.ansible.environment import environment, program
from controller.errors import HeirloomError
from controller.state.home import Home, user_name
from heirloom.node.spec import path_problem
from heirloom.store.atomic_write import replace_file

LOCAL_SLOTS = 4  # the most on this machine without heirloom_slots
CLUSTER_RUN = Path("/run/heirloom")  # tmpfiles.d creates it on nodes that the roles set up
# The defaults of the roles for an inventory with a server (roles/*/defaults).
SERVER_GROUP = "nfs_server"
CLUSTER_USER = "heirloom"
_TIMEOUT = 60.0  # seconds that an inventory program may take


class InventoryError(HeirloomError):
    """The inventory cannot be read, or has no node that could run a trial."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A place for one trial on a node, with the GPUs of that trial."""

    name: str
    gpus: tuple[str, ...] = ()


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
    _check_file(path)
    listed, warnings = _list(path, path)
    return Inventory(path, nodes_of(listed, path, home or Home.of_user(), warnings), warnings)


def read_mapping(inventory: Mapping[str, Any], file: Path, home: Home | None = None) -> Inventory:
    """Read the inventory in an experiment file; `file` is that file. Raises InventoryError."""
    with tempfile.TemporaryDirectory() as directory:
        written = Path(directory) / "inventory.yml"
        write(inventory, written)
        listed, warnings = _list(written, file)
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
        also = "".join(f" (Ansible warns: {warning})" for warning in warnings)
        raise InventoryError(
            f"{path}: no host in the group {GROUP!r} (groups found: {known}): put the hosts that "
            f"run trials into it{also}"
        )
    variables = listed.get("_meta", {}).get("hostvars", {})
    defaults: dict[str, str] = {}
    if _hosts(listed, SERVER_GROUP):
        defaults = {"heirloom_store": CLUSTER_STORE, "heirloom_user": CLUSTER_USER}
    return tuple(_node(path, name, defaults | variables.get(name, {}), home) for name in hosts)


def _check_file(path: Path) -> None:
    """Find errors of the file itself: each of Ansible's parsers would report another one."""
    if not path.exists():
        raise InventoryError(f"{path}: no such inventory: name one with -i, or create this file")
    if not os.access(path, os.R_OK):
        raise InventoryError(f"{path}: no permission to read this inventory: change its mode")
    if path.suffix in (".yml", ".yaml") and path.is_file():
        try:
            # `compose` accepts Ansible's own tags (!vault), which loading would not.
            top = yaml.compose(path.read_text(encoding="utf-8"))
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            where = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
            raise InventoryError(f"{path}{where}: invalid YAML: {error.problem}") from None
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            raise InventoryError(f"{path}: invalid YAML: {_line(str(error))}") from None
        if top is not None and not isinstance(top, yaml.MappingNode):
            raise InventoryError(f"{path}: not an inventory: begin it with a group, `{GROUP}:`")


def _list(path: Path, named: Path) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The output of `ansible-inventory --list` for a path, and its warnings.

    `named` is the path that errors name. Raises InventoryError.
    """
    surroundings = environment() | {"ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "True"}
    command = [program("ansible-inventory"), "-i", str(path), "--list"]
    try:
        done = subprocess.run(
            command,
            env=surroundings,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=_TIMEOUT,
            check=False,
        )
    except FileNotFoundError:
        raise InventoryError(
            "ansible-inventory is not installed: pip install -r requirements.txt"
        ) from None
    except subprocess.TimeoutExpired:
        raise InventoryError(
            f"{named}: reading it took more than {_TIMEOUT:.0f} seconds: try ansible-inventory "
            f"-i {path} --list"
        ) from None
    messages = _messages(done.stderr)
    if done.returncode:
        # The error says that every parser failed. The last warning has the reason of the last one.
        why = messages[-2:][0][1] if messages else _line(done.stderr)
        raise InventoryError(f"{named}: Ansible cannot read it: {why}")
    listed: dict[str, Any] = json.loads(done.stdout)
    return listed, tuple(line for kind, line in messages if kind != "ERROR")


def _messages(stderr: str) -> list[tuple[str, str]]:
    """Ansible's warnings and errors, each by its first line: `[WARNING]: text`."""
    found = (line.partition("]: ") for line in stderr.splitlines() if line.startswith("["))
    return [(kind[1:], text.strip()) for kind, _, text in found]


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
    if "/" in name:
        raise InventoryError(f"{where}: the name of a node must not contain '/': use an alias")
    connection = _text(where, variables, "ansible_connection") or "ssh"
    local = connection == "local"
    run_dir = _text(where, variables, "heirloom_run_dir")
    if run_dir is None:
        # This machine is a node of a cluster only if the roles created its slots.
        shared = not local or (
            (CLUSTER_RUN / "slots").is_dir() and os.access(CLUSTER_RUN, os.W_OK | os.X_OK)
        )
        run_dir = str(CLUSTER_RUN if shared else home.run)
    store = _text(where, variables, "heirloom_store")
    for variable, directory in (("heirloom_run_dir", run_dir), ("heirloom_store", store)):
        if directory is None:
            continue
        if not directory.startswith("/") or ".." in directory.split("/"):
            raise InventoryError(
                f"{where}: {variable} is {directory!r}: give an absolute path without `..`"
            )
        if problem := path_problem(directory):
            other = "" if variable in variables else " or HEIRLOOM_HOME"
            raise InventoryError(
                f"{where}: {variable} is {directory!r}, which {problem}: set {variable}{other} to "
                "another directory"
            )
    user = _text(where, variables, "heirloom_user")
    login = user_name() if local else variables.get("ansible_user")
    return Node(
        name=name,
        slots=_slots(where, variables.get("heirloom_slots"), local),
        run_dir=_normal(run_dir),
        connection=connection,
        python=_text(where, variables, "heirloom_python"),
        store=_normal(store) if store else None,
        user=user,
        become=user is not None and login not in (user, "root") and user_name() != user,
        own_slots=variables.get("heirloom_slots") is not None,
    )


def _normal(path: str) -> Path:
    """The path with one slash between its parts and none at its end."""
    return Path("/" + path.lstrip("/"))


def _text(where: str, variables: Mapping[str, Any], variable: str) -> str | None:
    value = variables.get(variable)
    if value is None:
        return None
    if not isinstance(value, str) or not value or "{{" in value:
        raise InventoryError(f"{where}: {variable} is {value!r}: use plain text without templates")
    return value


def _slots(where: str, value: Any, local: bool) -> tuple[Slot, ...]:
    """The slots of a node: a number of them, or one entry a slot with its GPUs."""
    if value is None:
        value = min(len(os.sched_getaffinity(0)), LOCAL_SLOTS) if local else 1
    given = value
    if isinstance(value, str):  # as INI files and programs give it, also for the role trial_node
        with suppress(yaml.YAMLError):
            value = yaml.safe_load(value)
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return tuple(Slot(str(number)) for number in range(value))
    if isinstance(value, list) and value and all(_is_slot(slot) for slot in value):
        return tuple(
            Slot(str(number), tuple(str(gpu) for gpu in slot.get("gpus", ())))
            for number, slot in enumerate(value)
        )
    raise InventoryError(
        f"{where}: heirloom_slots is {given!r}: write a number, 1 or more, or one entry a slot, "
        "such as [{gpus: [0]}, {gpus: [1]}]"
    )


def _is_slot(value: Any) -> bool:
    """Whether this is `{gpus: [0, …]}`. A GPU is an index or a UUID, as in CUDA_VISIBLE_DEVICES."""
    if not isinstance(value, dict) or not set(value) <= {"gpus"}:
        return False
    gpus = value.get("gpus", [])
    return isinstance(gpus, list) and all(type(gpu) in (int, str) for gpu in gpus)


def _line(text: str) -> str:
    """Join the text's lines."""
    return " ".join(text.split())
