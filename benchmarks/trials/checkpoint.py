"""Writes a checkpoint to the store, and reads what its parent left cold, both beside dd.

Usage: checkpoint.py SIZE TIMES
"""

import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

_BLOCK = 8 << 20  # bytes
_DD = ("dd", f"bs={_BLOCK}", "status=none")


def main() -> None:
    """Measure, and write the result."""
    size, times = int(sys.argv[1]), int(sys.argv[2])
    weights = os.environ["HEIRLOOM_SAVE_PATH"]
    here = os.path.dirname(os.path.dirname(weights))
    result: dict[str, Any] = {
        "value": 1,
        "nfs": output_of("stat", "--file-system", "--format=%T", here) == "nfs",
        "digest": seconds(digest, size),
        "write": [],
        "write_dd": [],
        "read": [],
        "read_dd": [],
    }
    for _ in range(times):
        for name in ("own", "dd"):  # what is left of the last round is for the child
            if os.path.exists(f"{here}/{name}"):
                os.unlink(f"{here}/{name}")
        result["write"].append(seconds(write, f"{here}/own", size))
        result["write_dd"].append(seconds(write_dd, f"{here}/dd", size))
    write(f"{weights}/weights", size)
    restored = os.environ["HEIRLOOM_RESTORE_PATH"]
    if restored:
        with open(f"{os.path.dirname(restored)}/manifest.json") as file:
            parent = json.load(file)["attempt"]
        left = f"{os.path.dirname(here)}/{parent}"
        result["read"].append(seconds(read, f"{left}/own"))
        result["read_dd"].append(seconds(run, *_DD, f"if={left}/dd", "of=/dev/null"))
    with open(os.environ["HEIRLOOM_RESULT"], "w") as file:
        json.dump(result, file)


def seconds(work: Callable[..., object], *arguments: object) -> float:
    """How long a piece of work takes."""
    began = time.monotonic()
    work(*arguments)
    return time.monotonic() - began


def write(path: str, size: int) -> None:
    """Write random bytes, until they are on the server's disk."""
    block = memoryview(os.urandom(_BLOCK))
    with open(path, "wb", buffering=0) as file:
        for offset in range(0, size, _BLOCK):
            file.write(block[: size - offset])
        os.fsync(file.fileno())


def write_dd(path: str, size: int) -> None:
    """The same by dd."""
    run(*_DD, "if=/dev/zero", f"of={path}", f"count={size}", "iflag=count_bytes", "conv=fsync")


def read(path: str) -> None:
    """Read a file to its end."""
    block = bytearray(_BLOCK)
    with open(path, "rb", buffering=0) as file:
        while file.readinto(block):
            pass


def digest(size: int) -> None:
    """What the digest alone takes, of bytes in memory."""
    block = os.urandom(_BLOCK)
    state = hashlib.sha256()
    for _ in range(0, size, _BLOCK):
        state.update(block)


def run(*command: str) -> None:
    """Run a program to its good end."""
    subprocess.run(command, check=True)


def output_of(*command: str) -> str:
    """A program's standard output."""
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


if __name__ == "__main__":
    main()
