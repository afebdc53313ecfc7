"""The machines of an NNI configuration as an inventory."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from controller.config.cluster import CLUSTER_STORE, GROUP
from controller.config.nni.native import Native
from controller.config.nni.nni_config import Gpus, Machine, NniConfig
from heirloom.node.inspect.node_report import gpus as gpus_here


def add_inventory(native: Native, said: NniConfig, base: Path) -> None:
    """Say where trials run. Paths in it are absolute, since nobody resolves them later."""
    if said.platform == "local":
        hosts = {
            "localhost": {
                "ansible_connection": "local",
                "ansible_python_interpreter": "{{ ansible_playbook_python }}",
                "heirloom_slots": _local_slots(native, said),
            }
        }
        native.put(("inventory",), {GROUP: {"hosts": hosts}}, said.keys["platform"])
    else:
        _add_remote(native, said, base)


def _add_remote(native: Native, said: NniConfig, base: Path) -> None:
    if not said.machines:
        words = "machineList is missing: say which machines run trials, with address and user"
        native.mistake(said.keys["platform"], words)
        return
    times = Counter(machine.host for machine in said.machines)
    hosts: dict[str, Any] = {}
    for machine in said.machines:
        alias = machine.host if times[machine.host] == 1 else f"{machine.host}-{machine.port or 22}"
        if alias in hosts:
            native.mistake(machine.key, f"{machine.host} is there twice: remove it once")
        hosts[alias] = _host(native, said, machine, alias, base)
    inventory: dict[str, Any] = {"hosts": hosts}
    if "store" not in said.heirloom:
        inventory["vars"] = {"heirloom_store": CLUSTER_STORE}
    store = said.heirloom.get("store", CLUSTER_STORE)
    native.put(("inventory",), {GROUP: inventory}, said.keys["machines"])
    native.note(
        said.keys["machines"],
        f"every machine, this one too, must have the store {store}, which `ansible-playbook -i "
        "inventory/lab site.yml` serves and mounts; -i names an inventory of your own instead",
    )


def _host(
    native: Native, said: NniConfig, machine: Machine, alias: str, base: Path
) -> dict[str, Any]:
    host: dict[str, Any] = {"ansible_user": machine.user}
    if alias != machine.host:
        host["ansible_host"] = machine.host
    if machine.port is not None:
        host["ansible_port"] = machine.port
    if machine.identity is not None:
        path = _absolute(machine.identity, base)
        if not path.is_file():
            native.mistake((*machine.key, *said.keys["identity"]), f"there is no file {path}")
        host["ansible_ssh_private_key_file"] = str(path)
    if machine.python is not None:
        is_program = Path(machine.python).name.startswith("python")
        host["heirloom_python"] = machine.python if is_program else f"{machine.python}/python"
    if said.gpus:
        if machine.gpus.indices is None:
            words = "missing: say which GPUs the machine has, such as gpuIndices: 0,1"
            native.mistake(machine.key, words)
        else:
            key = (*machine.key, *said.keys["indices"])
            host["heirloom_slots"] = _slots(native, said, machine.gpus, machine.gpus.indices, key)
    else:
        host["heirloom_slots"] = -(-said.concurrency // len(said.machines))
    return host


def _local_slots(native: Native, said: NniConfig) -> Any:
    if not said.gpus:
        if said.gpus is None and shutil.which("nvidia-smi"):
            native.note(said.keys["gpus"], "not given: with NNI trials saw all GPUs, here none")
        return said.concurrency
    indices: Sequence[str] | None = said.local.indices
    if indices is None:
        found = gpus_here()
        indices = [gpu["index"] for gpu in found["there"]]
        if not indices:
            why = found["reason"] or "nvidia-smi lists none here"
            words = f"missing: say which GPUs trials may use, such as gpuIndices: 0,1 ({why})"
            native.mistake((*said.keys["local"], *said.keys["indices"]), words)
            return said.concurrency
    key = (*said.keys["local"], *said.keys["indices"])
    return _slots(native, said, said.local, indices, key)


def _slots(
    native: Native, said: NniConfig, gpus: Gpus, indices: Sequence[str], key: tuple[str | int, ...]
) -> list[dict[str, list[str]]]:
    """A slot for each trial that fits, with the GPUs that it gets."""
    assert said.gpus
    if len(indices) < said.gpus:
        native.mistake(key, f"a trial takes {said.gpus} GPUs, and these are {len(indices)}")
    if not gpus.active:
        native.note(
            (*key[:-1], *said.keys["active"]),
            "GPUs are given out by slots: nobody looks whether another program uses one",
        )
    groups = [
        list(indices[start : start + said.gpus])
        for start in range(0, len(indices) - said.gpus + 1, said.gpus)
    ]
    return [{"gpus": group} for group in groups for _ in range(gpus.each)]


def _absolute(path: str, base: Path) -> Path:
    try:
        return Path(os.path.abspath(base / Path(path).expanduser()))  # noqa: PTH100 - keeps symlinks
    except RuntimeError:  # no such user, for ~
        return Path(path)
