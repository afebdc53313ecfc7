"""The variables of a host that say how it runs trials. Errors name the host and the variable."""

from __future__ import annotations

import contextlib
import difflib
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from controller.dispatch.ansible.inventory_file import InventoryError
from heirloom.node.spec_values import path_problem

LOCAL_SLOTS = 4  # the most on this machine without heirloom_slots
_NAMES = (
    "heirloom_slots",
    "heirloom_run_dir",
    "heirloom_node_dir",
    "heirloom_store",
    "heirloom_user",
    "heirloom_python",
)
_EXPANDED = re.compile(r"\$[A-Za-z_{(]|(^|/)~")  # what a shell would expand


@dataclass(frozen=True, slots=True)
class Slot:
    """A place for one trial on a node, with the GPUs of that trial."""

    name: str
    gpus: tuple[str, ...] = ()


def text(where: str, variables: Mapping[str, Any], name: str) -> str | None:
    """A variable's text, or None if it is not set. Raises InventoryError."""
    value = variables.get(name)
    if value is None:
        return None
    _refuse_encrypted(where, value, name)
    if isinstance(value, (int, float)):
        raise InventoryError(f"{where}: {name} is {value!r}: write it as text, in quotes")
    if not isinstance(value, str) or not value or "{{" in value:
        raise InventoryError(f"{where}: {name} is {value!r}: use plain text without templates")
    return value


def directory(where: str, name: str, value: str) -> Path:
    """The path in a variable, with one slash between its parts. Raises InventoryError."""
    _refuse_expansion(where, name, value)
    if not value.startswith("/") or ".." in value.split("/"):
        raise InventoryError(f"{where}: {name} is {value!r}: give an absolute path without `..`")
    if problem := path_problem(value):
        raise InventoryError(
            f"{where}: {name} is {value!r}, which {problem}: set {name} to another directory"
        )
    return Path("/" + value.lstrip("/"))


def python(where: str, variables: Mapping[str, Any]) -> str | None:
    """The Python of trials, or None if it is not set. Raises InventoryError."""
    value = text(where, variables, "heirloom_python")
    if value is not None:
        _refuse_expansion(where, "heirloom_python", value)
        if not value.startswith("/"):
            raise InventoryError(f"{where}: heirloom_python is {value!r}: give an absolute path")
    return value


def slots(where: str, variables: Mapping[str, Any], *, local: bool) -> tuple[Slot, ...]:
    """The slots of a node: a number of them, or one entry a slot with its GPUs.

    Raises InventoryError.
    """
    value = variables.get("heirloom_slots")
    if value is None:
        value = min(len(os.sched_getaffinity(0)), LOCAL_SLOTS) if local else 1
    _refuse_encrypted(where, value, "heirloom_slots")
    found = _parsed(value)
    if isinstance(found, int) and not isinstance(found, bool) and found > 0:
        return tuple(Slot(str(number)) for number in range(found))
    if isinstance(found, list) and found and all(_is_slot(slot) for slot in found):
        return tuple(
            Slot(str(number), tuple(str(gpu) for gpu in slot.get("gpus", ())))
            for number, slot in enumerate(found)
        )
    raise InventoryError(
        f"{where}: heirloom_slots is {value!r}: write a number, 1 or more, or one entry a slot, "
        "such as [{gpus: [0]}, {gpus: [1]}]"
    )


def misspelt(host: str, variables: Mapping[str, Any]) -> Iterator[str]:
    """A line for each variable whose name is nearly one of those that are read here."""
    for name in variables:
        near = difflib.get_close_matches(name, _NAMES, 1, cutoff=0.85)
        if near and near[0] != name:
            yield f"host {host} has the variable {name}, which nothing reads: write {near[0]}"


def _refuse_encrypted(where: str, value: Any, name: str) -> None:
    if isinstance(value, dict) and "__ansible_vault" in value:
        raise InventoryError(f"{where}: {name} is encrypted: write it in plain text")


def _refuse_expansion(where: str, name: str, value: str) -> None:
    if _EXPANDED.search(value):
        raise InventoryError(
            f"{where}: {name} is {value!r}: neither variables nor `~` are expanded here: write the "
            "whole path"
        )


def _parsed(value: Any) -> Any:
    """The number or list in a text: an INI file and a program may give every value as text."""
    if isinstance(value, str):
        with contextlib.suppress(yaml.YAMLError):
            return yaml.safe_load(value)
    return value


def _is_slot(value: Any) -> bool:
    """Whether this is `{gpus: [0, …]}`. A GPU is an index or a UUID, as in CUDA_VISIBLE_DEVICES."""
    if not isinstance(value, dict) or not set(value) <= {"gpus"}:
        return False
    gpus = value.get("gpus", [])
    return isinstance(gpus, list) and all(type(gpu) in (int, str) for gpu in gpus)
