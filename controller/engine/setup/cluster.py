"""The inventory, nodes and store that an experiment uses."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from controller import config as configs
from controller.core.model import NodeInfo
from controller.dispatch.ansible.environment import DEFAULT_INVENTORY
from controller.dispatch.ansible.inventory import (
    CLUSTER_RUN,
    Inventory,
    InventoryError,
    Node,
    Slot,
    read_mapping,
)
from controller.dispatch.ansible.inventory import read as read_inventory
from controller.dispatch.ansible.inventory import write as write_inventory
from controller.engine.setup import interpreter
from controller.engine.setup.interpreter import Interpreter
from controller.errors import LaunchError, reason
from controller.formats import counted
from controller.nodes import gpus
from controller.state.experiment_dir import ExperimentDir
from controller.state.home import Home
from heirloom.node import slots as on_node
from heirloom.node.spec_values import path_problem


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


@dataclass(frozen=True, slots=True)
class UsableNodes:
    """The nodes that can run an experiment's trials."""

    inventory: Inventory  # all nodes, with the slots that this experiment uses
    nodes: tuple[Node, ...]  # those with the slots and GPUs that a trial takes
    notes: list[str]  # for the user, about the GPUs of this machine


def usable_nodes(
    inventory: Inventory, config: configs.Experiment, wanted: int | None = None
) -> UsableNodes:
    """Choose the nodes with the slots and GPUs that a trial takes.

    This machine gets slots with its GPUs where trials ask for GPUs and no inventory lists its
    slots. `wanted` is the number of slots that the user chose for this machine. Raises
    InventoryError if no node suffices, or if there is an inventory and a choice.
    """
    if wanted is not None:
        inventory = _with_slots(inventory, wanted)
    trial = config.trial
    notes, here = list[str](), None
    if trial.gpus == 0:
        chosen = {*trial.environment, *trial.pass_environment}  # trials may choose for themselves
        if any(node.is_local for node in inventory.nodes) and gpus.VISIBLE not in chosen:
            notes += gpus.unused(gpus.find(gpus.SHORT))
    elif any(map(_needs_gpus, inventory.nodes)):
        here = gpus.find()
        if slots := gpus.slots_with(here.devices, trial.gpus, trial.slots):
            if wanted is not None and wanted > len(slots):
                raise InventoryError(_too_many(wanted, len(slots), trial.gpus, here))
            slots = slots[:wanted]
            nodes = [
                replace(node, slots=slots) if _needs_gpus(node) else node
                for node in inventory.nodes
            ]
            inventory = replace(inventory, nodes=tuple(nodes))
            notes += gpus.left_over(here, trial.gpus)
    usable = tuple(node for node in inventory.nodes if _suffices(node, trial.slots, trial.gpus))
    if not usable:
        raise InventoryError(_too_few(inventory, trial.slots, trial.gpus, here))
    return UsableNodes(inventory, usable, notes)


def node_info(node: Node, config: configs.Experiment) -> NodeInfo:
    """The node as the core counts it: with the slots that trials of this experiment can take."""
    trial = config.trial
    if trial.gpus == 0:
        return node.info
    return replace(
        node.info, slots=on_node.at_once(_slots(node), trial.slots, trial.gpus) * trial.slots
    )


def summary(node: Node) -> str:
    """`gpu1 (2 slots, 2 GPUs)`."""
    parts = [counted(node.info.slots, "slot")]
    if node.info.gpus:
        parts.append(counted(node.info.gpus, "GPU"))
    return f"{node.name} ({', '.join(parts)})"


def _with_slots(inventory: Inventory, count: int) -> Inventory:
    """The inventory of this machine alone, with `count` slots. Raises InventoryError."""
    if inventory.path != DEFAULT_INVENTORY:
        raise InventoryError(
            f"--slots is for a search without an inventory: {inventory.path} has one, so write "
            "heirloom_slots there"
        )
    slots = tuple(Slot(str(number)) for number in range(count))
    return replace(inventory, nodes=tuple(replace(node, slots=slots) for node in inventory.nodes))


def _too_many(wanted: int, most: int, each: int, here: gpus.LocalGpus) -> str:
    """Why the GPUs of this machine do not suffice for the slots that the user chose."""
    return (
        f"--slots {wanted}: this machine has {here}, and a trial takes {counted(each, 'GPU')}, so "
        f"it has at most {counted(most, 'slot')}; to put several trials on one GPU, write an "
        "inventory whose heirloom_slots lists it several times"
    )


def _needs_gpus(node: Node) -> bool:
    """Whether the node is this machine, and no inventory lists its slots."""
    return node.is_local and not node.own_slots


def _suffices(node: Node, slots: int, wanted: int) -> bool:
    return on_node.suffice(_slots(node), slots, wanted)


def _slots(node: Node) -> list[on_node.Slot]:
    return [on_node.Slot(slot.name, slot.gpus) for slot in node.slots]


def _too_few(inventory: Inventory, slots: int, wanted: int, here: gpus.LocalGpus | None) -> str:
    """Why no node suffices, and what to do."""
    takes = f"a trial takes {counted(slots, 'slot')} and {counted(wanted, 'GPU')}"
    if inventory.path == DEFAULT_INVENTORY:
        node = inventory.nodes[0]
        if here is not None:
            return f"{takes}, and this machine has {here}: lower trial.gpus, or name nodes with -i"
        return (
            f"{takes}, and this machine has {counted(len(node.slots), 'slot')}: lower trial.slots, "
            f"or give it {slots} with --slots"
        )
    have = ", ".join(
        f"{node.name}: {here}"
        if here is not None and _needs_gpus(node)
        else f"{node.name}: {node.info.slots} slots, {node.info.gpus} GPUs"
        for node in inventory.nodes
    )
    if here is None and wanted and any(node.is_local for node in inventory.nodes):
        there = gpus.find()
        found = f"; this machine has {there}" if there.devices else ""
    else:
        found = ""
    text = f"{inventory.path}: {takes}, and no node has as many ({have})"
    if all(node.info.slots < slots or node.info.gpus < wanted for node in inventory.nodes):
        example = _example(slots, wanted)
        return f"{text}: change trial.slots, trial.gpus, or heirloom_slots there{example}{found}"
    return (
        f"{text} together: raise trial.slots, or give each slot more GPUs there"
        f"{_example(slots, wanted)}{found}"
    )


def _example(slots: int, wanted: int) -> str:
    """heirloom_slots for one such trial; empty for trials without GPUs."""
    if not wanted:
        return ""
    listed = ", ".join(f"{{gpus: {list(range(wanted))[number::slots]}}}" for number in range(slots))
    return f", such as heirloom_slots: [{listed}]"


def keep_run_dirs(inventory: Inventory, home: Home, experiment: str) -> Inventory:
    """The inventory with the run directories in which the experiment's attempts are.

    The run directory that users share may have appeared on this machine since it was created.
    """
    if not (home.run / experiment).is_dir():
        return inventory
    nodes = [
        replace(node, run_dir=home.run) if node.is_local and node.run_dir == CLUSTER_RUN else node
        for node in inventory.nodes
    ]
    return replace(inventory, nodes=tuple(nodes))


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


def prepare_run_dirs(nodes: Sequence[Node], home: Home) -> None:
    """Create the run directory of this machine if it is a node. Raises LaunchError."""
    for node in nodes:
        if node.is_local:
            try:
                node.run_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
                with tempfile.TemporaryFile(dir=node.run_dir):
                    pass
            except OSError as error:
                variable = (
                    "HEIRLOOM_HOME"
                    if node.run_dir == home.run
                    else f"heirloom_run_dir of {node.name} in the inventory"
                )
                raise LaunchError(
                    f"{node.run_dir} cannot be written: {reason(error)}; set {variable} to a "
                    "directory of yours on a local disk"
                ) from None
