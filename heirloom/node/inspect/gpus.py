"""Find the GPUs of this machine: with nvidia-smi, else in the files of NVIDIA's driver."""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Optional

from ...store.os_errors import describe
from . import program

TIMEOUT = 10.0  # seconds: without its persistence mode, a driver is slow with several GPUs
_PROC = "/proc/driver/nvidia/gpus"  # a directory for each GPU, named by its PCI address
_PROGRAM = "nvidia-smi"
_FIELDS = "--query-gpu=index,uuid,name"
_FORMAT = "--format=csv,noheader"
_GPU_LINE = re.compile(
    r"\s*(?P<index>\d{1,6})\s*,\s*(?P<uuid>[^,]*?)\s*,\s*(?P<name>.*?)\s*"
    r"(,\s*(?P<mig>Enabled|Disabled|\[[^]]*\])\s*)?"
)
_PART_OWNER = re.compile(r"GPU (\d+):")
_PART_LINE = re.compile(r"\s+MIG .*\(UUID: (MIG-[^\s)]+)\)")
_NONE = "No devices were found"
_REASON_LIMIT = 200  # characters

Report = dict[str, Any]  # {"there": [{"index", "uuid", "name", "parts"}], "reason"}


def find_gpus(timeout: float = TIMEOUT) -> Report:
    """The GPUs of this machine, and why some may be missing. Takes about `timeout` s at most.

    `there` lists them in the order of nvidia-smi, which is that of their PCI addresses. `parts` are
    the UUIDs of a GPU's MIG devices (Multi-Instance GPU User Guide, NVIDIA). `reason` is empty
    where nvidia-smi works, and where the machine has neither that program nor the driver.
    """
    found: list[dict[str, Any]] = []
    reason = ""
    if shutil.which(_PROGRAM) is not None:
        deadline = time.monotonic() + timeout
        try:
            found, rest = _query(deadline)
            if rest and not any(_NONE in line for line in rest):
                reason = f"nvidia-smi says: {_printable(rest[0])}"
        except TimeoutError:
            reason = "nvidia-smi does not answer"
        except OSError as error:
            if _NONE not in str(error):
                reason = f"nvidia-smi: {_printable(describe(error))}"
    return {"there": found or list(_of_driver()), "reason": reason}


def named_in(slots: Iterable[Mapping[str, Any]]) -> list[str]:
    """The GPUs that slots name, each once."""
    return list(dict.fromkeys(str(gpu) for slot in slots for gpu in slot.get("gpus") or ()))


def is_same(name: str, gpu: Mapping[str, Any]) -> bool:
    """Whether a name, as in CUDA_VISIBLE_DEVICES, means this GPU or a part of it."""
    uuid = gpu["uuid"]
    if name.startswith("MIG-"):
        return any(part.startswith(name) for part in gpu["parts"]) or (
            bool(uuid) and name.startswith(f"MIG-{uuid}/")
        )
    return name == gpu["index"] or (name.startswith("GPU-") and uuid.startswith(name))


def visible(there: Sequence[Mapping[str, Any]], setting: Optional[str]) -> list[dict[str, Any]]:
    """What a value of CUDA_VISIBLE_DEVICES leaves of the GPUs; None: the variable is not set.

    As in CUDA, the first name that means no GPU hides all that follow it. Indexes are those of
    nvidia-smi. A MIG device that is named leaves the other parts of its GPU out.
    """
    if setting is None:
        return [dict(gpu) for gpu in there]
    left: dict[str, dict[str, Any]] = {}
    for name in (text.strip() for text in setting.split(",")):
        found = [gpu for gpu in there if is_same(name, gpu)]
        if len(found) != 1:
            break
        gpu = found[0]
        parts = [part for part in gpu["parts"] if part.startswith(name)]
        seen = left.setdefault(gpu["index"], {**gpu, "parts": []})
        seen["parts"] += parts if name.startswith("MIG-") else gpu["parts"]
    return list(left.values())


def _query(deadline: float) -> tuple[list[dict[str, Any]], list[str]]:
    """The GPUs that nvidia-smi lists, and the lines of its output that name none.

    Raises OSError.
    """
    try:
        text = _output([f"{_FIELDS},mig.mode.current", _FORMAT], deadline)
    except TimeoutError:
        raise
    except OSError:  # drivers before 450 do not know that field
        text = _output([_FIELDS, _FORMAT], deadline)
    found: dict[str, dict[str, Any]] = {}
    rest, divided = [], False
    for line in text.splitlines():
        match = _GPU_LINE.fullmatch(line)
        if match is None:
            rest.append(line.strip())
            continue
        index = str(int(match["index"]))
        found.setdefault(index, _gpu(index, match["uuid"], match["name"]))
        divided = divided or match["mig"] in (None, "Enabled")
    if divided:
        _add_parts(found, deadline)
    return list(found.values()), [line for line in rest if line]


def _output(arguments: Sequence[str], deadline: float) -> str:
    return program.output([_PROGRAM, *arguments], max(0.0, deadline - time.monotonic()))


def _printable(text: str) -> str:
    """The beginning of a text that a program wrote, without what a terminal would obey."""
    return "".join(letter if letter.isprintable() else "?" for letter in text[:_REASON_LIMIT])


def _gpu(index: str, uuid: str, name: str) -> dict[str, Any]:
    known = uuid.startswith("GPU-") and "?" not in uuid
    return {"index": index, "uuid": uuid if known else "", "name": name, "parts": []}


def _add_parts(gpus: Mapping[str, dict[str, Any]], deadline: float) -> None:
    """Add the MIG devices, whose UUIDs are in no other output; none where that fails."""
    try:
        lines = _output(["-L"], deadline).splitlines()
    except OSError:
        return
    owner = None
    for line in lines:
        if match := _PART_OWNER.match(line):
            owner = gpus.get(match[1])
        elif owner is not None and (match := _PART_LINE.match(line)):
            owner["parts"].append(match[1])


def _of_driver() -> Iterator[dict[str, Any]]:
    """The GPUs that the driver lists, without MIG devices."""
    try:
        addresses = sorted(os.listdir(_PROC))
    except OSError:
        return
    for index, address in enumerate(addresses):
        fields: dict[str, str] = {}
        try:
            with open(f"{_PROC}/{address}/information", errors="replace") as file:
                for line in file:
                    key, _, value = line.partition(":")
                    fields[key.strip()] = value.strip()
        except OSError:
            fields = {}
        yield _gpu(str(index), fields.get("GPU UUID", ""), fields.get("Model", "NVIDIA GPU"))
