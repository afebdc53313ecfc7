"""What users are told about the limits of trials, and about sharing a machine."""

from __future__ import annotations

import itertools
import math
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich import filesize

from controller.config import Experiment
from controller.dispatch.ansible.inventory import CLUSTER_RUN, Node
from controller.formats import counted
from heirloom.node import slots as on_node
from heirloom.node.inspect.machine import describe
from heirloom.node.inspect.timeouts import run_with_timeout

_TIMEOUT = 5.0  # seconds for the store to answer
_SHARE = f"sudo install -d -m 1777 {CLUSTER_RUN} {CLUSTER_RUN}/slots"


def remarks(config: Experiment, nodes: Sequence[Node]) -> list[str]:
    """What `check` says about this machine, if trials run here."""
    found: dict[str, None] = {}
    for node in nodes:
        if node.is_local:
            facts = describe(str(node.run_dir))
            texts = (limits(config, facts), capacity(config, node, facts), shared(facts))
            found.update(dict.fromkeys(itertools.chain(*texts)))
    return list(found)


def limits(config: Experiment, facts: Mapping[str, Any]) -> Iterator[str]:
    """How a machine holds trials to their limits, where the kernel does not."""
    trial, holders = config.trial, facts["limits"]
    why = facts["unit"] or "systemd controls no such resource for this user"
    if trial.memory is not None and holders["memory"] == "supervisor":
        yield (
            f"trial.memory ({filesize.decimal(trial.memory)}) is not enforced by the kernel on "
            f"this machine ({why}): each trial is measured about once a second, and killed if it "
            "uses more. It may exceed the limit for a moment"
        )
    if trial.cpus is not None and holders["cpus"] == "cores":
        cores = min(math.ceil(trial.cpus), facts["cores"])
        yield (
            f"trial.cpus ({trial.cpus:g}) is not enforced by the kernel on this machine ({why}): "
            f"each trial is bound to {counted(cores, 'whole core')}"
        )


def holders(facts: Mapping[str, Any]) -> str:
    """How a node holds trials to limits, in one sentence; empty where systemd does."""
    by = facts["limits"]
    if by == {"memory": "cgroup", "cpus": "cgroup"}:
        return "limits of memory and processors are enforced by cgroups"
    texts = {
        "cgroup": "limits of {} are enforced by cgroups",
        "supervisor": "limits of {} are enforced by measuring about once a second",
        "cores": "limits of {} are enforced by binding trials to whole cores",
    }
    found = [
        texts[by[key]].format(name)
        for key, name in (("memory", "memory"), ("cpus", "processors"))
        if by[key] in texts
    ]
    return ", and ".join(found)


def shared(facts: Mapping[str, Any]) -> Iterator[str]:
    """Other users who run trials on the machine, with slots of their own."""
    others = facts["others"]
    if others:
        who = ", ".join(f"{user} ({counted(number, 'attempt')})" for user, number in others.items())
        yield (
            f"other users run trials on this machine too: {who}. Their slots are not yours, so "
            "that all together may use more processors, memory and GPUs than it has. To share the "
            f"slots from the next search of each user on: {_SHARE}"
        )


def capacity(config: Experiment, node: Node, facts: Mapping[str, Any]) -> Iterator[str]:
    """What trials may use together, where a machine has less."""
    trial = config.trial
    slots = [on_node.Slot(slot.name, slot.gpus) for slot in node.slots]
    at_once = on_node.at_once(slots, trial.slots, trial.gpus)
    if config.budget.concurrency is not None:
        at_once = min(at_once, config.budget.concurrency)
    together = f"{counted(at_once, 'trial')} at a time"
    if trial.cpus is not None and at_once * trial.cpus > facts["cores"]:
        yield (
            f"{together} may use {at_once * trial.cpus:g} processors (trial.cpus), and this "
            f"machine has {facts['cores']}: lower trial.cpus or the slots"
        )
    elif trial.cpus is None and at_once > facts["cores"]:
        yield (
            f"{together} run on {counted(facts['cores'], 'core')} of this machine: lower the slots "
            "if trials compute all the time"
        )
    if trial.memory is not None and at_once * trial.memory > facts["memory"]:
        yield (
            f"{together} may use {filesize.decimal(at_once * trial.memory)} of memory "
            f"(trial.memory), and this machine has {filesize.decimal(facts['memory'])}: lower "
            "trial.memory or the slots"
        )


def space(store: Path, reserve: int) -> list[str]:
    """What to tell users whose store has too little space. `reserve` is in bytes."""
    free = run_with_timeout({"free": lambda: _free(store)}, _TIMEOUT)["free"]
    if free is None:
        return [f"the store {store} does not answer: check its mount and its server"]
    if free >= reserve:
        return []
    return [
        f"the store {store} has {filesize.decimal(free)} free, and {filesize.decimal(reserve)} "
        "must stay free (store_reserve): no trial starts before there is more"
    ]


def _free(path: Path) -> int:
    """The free bytes where a directory is, or will be."""
    while not path.exists() and path != path.parent:
        path = path.parent
    disk = os.statvfs(path)
    return disk.f_bavail * disk.f_frsize
