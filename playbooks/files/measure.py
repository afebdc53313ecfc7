"""Tries the store from one host: `write` measures and leaves a file, `read` reads others' files.

Runs on the node with any Python from 3.9 on, and prints one JSON object.
"""

import hashlib
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

_BLOCK = 1 << 20  # bytes
_SMALL = 20  # small files whose time is taken


def write(directory: Path, name: str, size: int, python: str) -> dict:
    """Write `size` MiB into `directory/name`; how fast, and what this host is like."""
    directory.mkdir(mode=0o2770, parents=True, exist_ok=True)
    block = os.urandom(_BLOCK)
    began = time.perf_counter()
    digest = hashlib.sha256()
    spent = 0.0  # seconds on the digest, which are not the store's
    with (directory / name).open("wb") as file:
        for number in range(size):
            data = number.to_bytes(8, "big") + block[8:]
            file.write(data)
            hashing = time.perf_counter()
            digest.update(data)
            spent += time.perf_counter() - hashing
        file.flush()
        os.fsync(file.fileno())
    seconds = time.perf_counter() - began - spent
    room = os.statvfs(directory)
    return {
        "name": name,
        "size": size * _BLOCK,
        "digest": digest.hexdigest(),
        "rate": size * _BLOCK / seconds,
        "latency": statistics.median(_small(directory, name) for _ in range(_SMALL)),
        "skew": _skew(directory, name),
        "free": room.f_bavail * room.f_frsize,
        "uid": os.getuid(),
        "gid": (directory / name).stat().st_gid,
        "python": _version(python),
    }


def read(directory: Path, name: str, written: list) -> dict:
    """Read every file in `written` but this host's own, past what is cached; what was wrong."""
    wrong, files, total, seconds = [], 0, 0, 0.0
    for other in written:
        if other["name"] == name and len(written) > 1:
            continue
        size, digest, took = _digest(directory / other["name"])
        if size != other["size"] or digest != other["digest"]:
            wrong.append(f"{other['name']}'s file is not what it wrote ({size} bytes)")
        files, total, seconds = files + 1, total + size, seconds + took
    return {"files": files, "wrong": wrong, "rate": total / seconds if seconds else 0.0}


def _digest(path: Path) -> tuple:
    digest, size, seconds = hashlib.sha256(), 0, 0.0
    with path.open("rb", buffering=0) as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        while True:
            began = time.perf_counter()
            block = file.read(_BLOCK)
            seconds += time.perf_counter() - began
            if not block:
                return size, digest.hexdigest(), seconds
            digest.update(block)
            size += len(block)


def _small(directory: Path, name: str) -> float:
    """Seconds that a small file takes to be made, synced and renamed."""
    draft = directory / f"{name}.draft"
    began = time.perf_counter()
    with draft.open("wb") as file:
        file.write(b"{}")
        file.flush()
        os.fsync(file.fileno())
    draft.rename(directory / f"{name}.small")
    return time.perf_counter() - began


def _skew(directory: Path, name: str) -> float:
    """Seconds by which this host's clock is ahead of the clock of whoever dates new directories."""
    dated = directory / f"{name}.dated"
    before = time.time()
    dated.mkdir()
    after = time.time()
    skew = (before + after) / 2 - dated.stat().st_mtime
    dated.rmdir()
    return skew


def _version(python: str) -> str:
    ask = "import platform; print(platform.python_version())"
    done = subprocess.run([python, "-c", ask], capture_output=True, text=True, check=False)
    return done.stdout.strip() or "none"


def main() -> int:
    """Do as the arguments say; 1, and why, when the store does not let it."""
    what, directory, name, *rest = sys.argv[1:]
    try:
        if what == "write":
            found = write(Path(directory), name, int(rest[0]), rest[1])
        else:
            found = read(Path(directory), name, json.loads(rest[0]))
    except OSError as error:
        sys.stderr.write(f"{name} cannot {what} {directory}: {error.strerror}\n")
        return 1
    json.dump(found, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
