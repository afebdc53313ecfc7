"""The inventory, nodes and store that an experiment uses."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from controller import config as configs
from controller.core.model import Rules
from controller.dispatch.ansible.environment import ROOT
from controller.dispatch.ansible.inventory import Inventory, InventoryError, Node, read_mapping
from controller.dispatch.ansible.inventory import read as read_inventory
from controller.dispatch.ansible.inventory import write as write_inventory
from controller.engine import interpreter
from controller.engine.interpreter import Interpreter
from controller.errors import LaunchError, reason
from controller.state.experiment_dir import ExperimentDir
from controller.state.home import Home
from heirloom.node.spec import path_problem

DEFAULT_INVENTORY = ROOT / "inventory" / "hosts.yml"


def inventory_of(
    config: configs.Experiment, chosen: Path | None, file: Path, home: Home
) -> Inventory:
    """The inventory of an experiment: `chosen`, else that of the experiment file, else the default.

    The default lists this machine alone. `file` is the experiment file. Raises InventoryError.
    """
    if chosen is None and isinstance(config.inventory, dict):
        return read_mapping(config.inventory, file, home)
    named = config.inventory if isinstance(config.inventory, Path) else None
    return read_inventory(chosen or named or DEFAULT_INVENTORY, home)


def store_inventory(
    inventory: Inventory, config: configs.Experiment, chosen: Path | None, directory: ExperimentDir
) -> Inventory:
    """The inventory with the path at which Ansible and a later resume find it.

    An inventory that the experiment file contains is written to the experiment's directory. Raises
    LaunchError.
    """
    if chosen is not None or not isinstance(config.inventory, dict):
        return inventory
    try:
        write_inventory(config.inventory, directory.inventory)
    except OSError as error:
        raise LaunchError(f"cannot write {directory.inventory}: {reason(error)}") from None
    return replace(inventory, path=directory.inventory)


def usable_nodes(inventory: Inventory, rules: Rules, gpus: int) -> tuple[Node, ...]:
    """The nodes with the slots and GPUs that a trial takes. Raises InventoryError if none has."""
    usable = tuple(
        node
        for node in inventory.nodes
        if node.info.slots >= rules.slots and node.info.gpus >= gpus
    )
    if not usable:
        have = ", ".join(
            f"{node.name}: {node.info.slots} slots, {node.info.gpus} GPUs"
            for node in inventory.nodes
        )
        raise InventoryError(
            f"{inventory.path}: a trial takes {rules.slots} slots and {gpus} GPUs, and no node has "
            f"as many ({have}): change trial.slots, trial.gpus, or heirloom_slots in the inventory"
        )
    return usable


def check_pythons(nodes: Sequence[Node], config: configs.Experiment, python: Interpreter) -> None:
    """Raise InterpreterError if a Python of this machine cannot run trials or the tuner."""
    inspected = not all(node.is_local for node in nodes)  # then preflight checks a node's own
    for found in interpreter.on_this_machine(nodes, python):
        if found == python or not inspected:
            found.version()
    interpreter.of_tuner(config, python).version()


def store_path(chosen: Path | None, nodes: Sequence[Node], home: Home) -> Path:
    """The store: `chosen`, else that of the inventory, else that of this machine.

    Raises LaunchError if the nodes name different stores, or if trials cannot use its path.
    """
    named = {node.store for node in nodes if node.store is not None}
    if chosen is None and len(named) > 1:
        raise LaunchError(
            f"the inventory names several stores ({', '.join(sorted(map(str, named)))}): name the "
            "path at which this machine has it (store: PATH in the experiment file)"
        )
    store = chosen or (named.pop() if named else home.store)
    if problem := path_problem(str(store)):
        raise LaunchError(
            f"the store's path {str(store)!r} {problem}: name another one with `store: PATH` in "
            "the experiment file, or set HEIRLOOM_HOME to another directory"
        )
    return store


def require_store(store: Path, nodes: Sequence[Node]) -> None:
    """Raise LaunchError if trials run on other machines and this machine lacks the store."""
    if not os.path.lexists(store) and not all(node.is_local for node in nodes):
        raise LaunchError(
            f"the store {store} is not on this machine: mount it here, as site.yml does on the "
            "hosts of the group controllers, or run this on a machine that has it"
        )


def prepare_run_dirs(nodes: Sequence[Node]) -> None:
    """Create the run directory of this machine if it is a node. Raises LaunchError."""
    for node in nodes:
        if node.is_local:
            try:
                node.run_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
                with tempfile.TemporaryFile(dir=node.run_dir):
                    pass
            except OSError as error:
                raise LaunchError(
                    f"{node.run_dir} cannot be written: {reason(error)}; set heirloom_run_dir of "
                    f"{node.name} in the inventory to a directory of yours on a local disk"
                ) from None
