"""Translates the machines of an NNI configuration to an inventory."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from controller.config.cluster import CLUSTER_STORE, GROUP
from controller.config.nni.draft import Draft
from controller.config.nni.nni_config import Gpus, Machine, NniConfig
from heirloom.node.inspect.gpus import find_gpus as gpus_here
from heirloom.node.inspect.gpus import visible

# The journal keeps the inventory, so no secret may be in it.
_NOT_READ = (
    "is not read from this file, since others may read the file: log in by a key (load one with a "
    "passphrase into ssh-agent), or give an inventory of your own (-i) with the password in "
    "ansible-vault"
)


def add_inventory(draft: Draft, config: NniConfig, base: Path) -> None:
    """Set the inventory. Its paths are absolute, since they are not resolved later."""
    for key in config.without_machines:
        text = "machineList is missing: list the machines that run trials, with address and user"
        draft.mistake(key, text, config.keys["machines"])
    hosts: dict[str, Any] = {}
    share = -(-config.concurrency // (len(config.machines) + (config.local is not None) or 1))
    if config.local is not None:
        hosts["localhost"] = {
            "ansible_connection": "local",
            "ansible_python_interpreter": "{{ ansible_playbook_python }}",
            "heirloom_slots": _local_slots(draft, config, config.local, share),
        }
    if config.machines:
        _add_remote(draft, config, base, hosts, share)
    elif hosts:
        draft.put(("inventory",), {GROUP: {"hosts": hosts}}, config.keys["platform"])


def _add_remote(
    draft: Draft, config: NniConfig, base: Path, hosts: dict[str, Any], share: int
) -> None:
    times = Counter(machine.host for machine in config.machines)
    for machine in config.machines:
        alias = machine.host if times[machine.host] == 1 else f"{machine.host}-{machine.port or 22}"
        if alias in hosts:
            draft.mistake(machine.key, f"{machine.host} is listed twice: remove one entry")
        hosts[alias] = _host(draft, config, machine, alias, base, share)
    inventory: dict[str, Any] = {"hosts": hosts}
    if "store" not in config.heirloom:
        inventory["vars"] = {"heirloom_store": CLUSTER_STORE}
    store = config.heirloom.get("store", CLUSTER_STORE)
    draft.put(("inventory",), {GROUP: inventory}, config.keys["machines"])
    if config.local is not None:
        draft.note(config.keys["services"], "the list becomes one inventory, with this machine")
    draft.note(
        config.keys["machines"],
        f"every machine, including this one, must have the store {store}; `heirloom site -i "
        "INVENTORY` exports and mounts it; use -i for an inventory of your own",
    )


def _host(
    draft: Draft, config: NniConfig, machine: Machine, alias: str, base: Path, share: int
) -> dict[str, Any]:
    host: dict[str, Any] = {"ansible_user": machine.user}
    if alias != machine.host:
        host["ansible_host"] = machine.host
    if machine.port is not None:
        host["ansible_port"] = machine.port
    if machine.ssh_key is not None:
        path = _absolute(machine.ssh_key, base)
        if not path.is_file():
            draft.mistake(
                (*machine.key, *config.keys["ssh_key"]),
                f"{path} does not exist: give the path of a private key",
            )
        host["ansible_ssh_private_key_file"] = str(path)
    for secret in machine.secrets:
        draft.note((*machine.key, *secret), _NOT_READ)
    if machine.python is not None:
        is_program = Path(machine.python).name.startswith("python")
        host["heirloom_python"] = machine.python if is_program else f"{machine.python}/python"
    if config.gpus:
        key = (*machine.key, *config.keys["indices"])
        indices = machine.gpus.indices
        if indices is None:
            indices = [str(index) for index in range(config.gpus)]
            text = (
                f"not given: of the machine's GPUs trials use {', '.join(indices)} (with NNI, all "
                "of them); list the others too, such as gpuIndices: 0,1"
            )
            draft.note(machine.key, text)
        host["heirloom_slots"] = _slots(draft, config, machine.gpus, indices, key)
    else:
        host["heirloom_slots"] = share
    return host


def _local_slots(draft: Draft, config: NniConfig, gpus: Gpus, share: int) -> Any:
    """The slots of this machine: `share`, or those that its GPUs give."""
    if not config.gpus:
        if config.gpus is None and shutil.which("nvidia-smi"):
            draft.note(config.keys["gpus"], "not given: trials see no GPUs (with NNI, all of them)")
        return share
    indices: Sequence[str] | None = gpus.indices
    if indices is None:
        found = gpus_here()
        there = visible(found["there"], os.environ.get("CUDA_VISIBLE_DEVICES"))
        indices = [gpu["index"] for gpu in there]
        if not indices:
            why = found["reason"] or "nvidia-smi lists none on this machine"
            text = f"missing: give the GPUs that trials may use, such as gpuIndices: 0,1 ({why})"
            key = (*config.keys["local"], *config.keys["indices"])
            draft.mistake(key, text, key)
            return share
    key = (*config.keys["local"], *config.keys["indices"])
    return _slots(draft, config, gpus, indices, key)


def _slots(
    draft: Draft, config: NniConfig, gpus: Gpus, indices: Sequence[str], key: tuple[str | int, ...]
) -> list[dict[str, list[str]]]:
    """One slot for each trial that fits, with its GPUs."""
    assert config.gpus
    if len(indices) < config.gpus:
        draft.mistake(key, f"a trial needs {config.gpus} GPUs, but only {len(indices)} are listed")
    if not gpus.use_active:
        draft.note(
            (*key[:-1], *config.keys["use_active"]),
            "slots assign the GPUs; whether another program uses a GPU is not checked",
        )
    groups = [
        list(indices[start : start + config.gpus])
        for start in range(0, len(indices) - config.gpus + 1, config.gpus)
    ]
    return [{"gpus": group} for group in groups for _ in range(gpus.trials_each)]


def _absolute(path: str, base: Path) -> Path:
    try:
        return Path(os.path.abspath(base / Path(path).expanduser()))  # noqa: PTH100 - keeps symlinks
    except RuntimeError:  # `~user` of an unknown user
        return Path(path)
