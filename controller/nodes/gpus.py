"""The GPUs of this machine: slots with them where the inventory lists no slots."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from controller.dispatch.ansible.inventory import Slot
from controller.formats import counted
from heirloom.node.inspect.gpus import TIMEOUT, find_gpus, visible
from heirloom.node.slots import TOGETHER

VISIBLE = "CUDA_VISIBLE_DEVICES"
SHORT = 3.0  # seconds: where trials use no GPUs, a remark on them must not delay the search much


@dataclass(frozen=True, slots=True)
class Device:
    """A GPU or a MIG device."""

    name: str  # in CUDA_VISIBLE_DEVICES: the index of a GPU, the UUID of a MIG device
    uuid: str  # empty where it is not known
    model: str

    @property
    def lock(self) -> str:
        """The name of its lock file: the same for every user, and in a job that sees one GPU."""
        return self.uuid.replace("/", "_") or f"gpu{self.name}"


@dataclass(frozen=True, slots=True)
class LocalGpus:
    """What trials on this machine can use."""

    devices: tuple[Device, ...]
    hidden: int = 0  # GPUs that the user's CUDA_VISIBLE_DEVICES excludes
    reason: str = ""  # why GPUs may be missing

    def __str__(self) -> str:
        """`2 GPUs (NVIDIA RTX A6000)`."""
        text = describe([device.model for device in self.devices])
        if self.hidden:
            text += f" (its {counted(self.hidden, 'other GPU')} excluded by {VISIBLE})"
        return f"{text} ({self.reason})" if self.reason else text


def find(timeout: float = TIMEOUT, environment: Mapping[str, str] = os.environ) -> LocalGpus:
    """The GPUs of this machine that CUDA_VISIBLE_DEVICES in `environment` does not exclude.

    Takes about `timeout` seconds at most.
    """
    found = find_gpus(timeout)
    there = visible(found["there"], environment.get(VISIBLE))
    devices = tuple(device for gpu in there for device in _devices(gpu))
    return LocalGpus(devices, len(found["there"]) - len(there), found["reason"])


def describe(models: Sequence[str]) -> str:
    """`no GPU`, `1 GPU (NVIDIA RTX A6000)`, `3 GPUs (2 NVIDIA A100, 1 NVIDIA T4)`."""
    if not models:
        return "no GPU"
    counts = Counter(models)
    kinds = ", ".join(f"{count} {model}" for model, count in counts.items())
    return f"{counted(len(models), 'GPU')} ({models[0] if len(counts) == 1 else kinds})"


def pronoun(number: int) -> str:
    """`it` or `them`."""
    return "it" if number == 1 else "them"


def unused(here: LocalGpus) -> list[str]:
    """What to tell users whose trials ask for no GPU."""
    if here.devices:
        return [
            f"this machine has {here}, and no trial will use {pronoun(len(here.devices))}, since "
            "trial.gpus is 0: write `gpus: 1` under `trial:` (in a configuration of NNI "
            "trialGpuNumber or gpuNum) to give one to each trial"
        ]
    if here.reason:
        return [f"no GPU of this machine can be used: {here.reason}"]
    return []


def left_over(here: LocalGpus, gpus: int) -> list[str]:
    """What to tell users whose trials leave some of the GPUs idle."""
    rest = len(here.devices) % gpus
    if rest == 0:
        return []
    return [
        f"no trial will use {rest} of this machine's {counted(len(here.devices), 'GPU')}: "
        f"each trial takes {gpus} (trial.gpus)"
    ]


def slots_with(devices: Sequence[Device], gpus: int, slots: int) -> tuple[Slot, ...]:
    """Slots for trials that take `gpus` GPUs and `slots` slots: as many trials as GPUs suffice for.

    No GPU is in two slots. A trial's GPUs are distributed over its slots.
    """
    found = []
    for first in range(0, len(devices) - gpus + 1, gpus):
        own = devices[first : first + gpus]
        for number in range(slots):
            part = own[number::slots]
            name = TOGETHER.join(device.lock for device in part) or f"{own[0].lock}.{number}"
            found.append(Slot(name, tuple(device.name for device in part)))
    return tuple(found)


def _devices(gpu: Mapping[str, Any]) -> list[Device]:
    if gpu["parts"]:
        return [Device(part, part, f"MIG device of {gpu['name']}") for part in gpu["parts"]]
    return [Device(gpu["index"], gpu["uuid"], gpu["name"])]
