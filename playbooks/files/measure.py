"""Test the store on one host: `write` writes a file, `read` reads the files of the other hosts.

Runs on the node with Python 3.9 or newer and prints one JSON object.
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
_SMALL = 20  # number of small files to time


def write(directory: Path, name: str, size: int, python: str) -> dict:
    """Write `size` MiB to `directory/name`. Return the speed and properties of this host."""
    directory.mkdir(mode=0o2770, parents=True, exist_ok=True)
    block = os.urandom(_BLOCK)
    began = time.perf_counter()
    digest = hashlib.sha256()
    hashing_time = 0.0  # seconds spent on the digest, which do not count as writing
    with (directory / name).open("wb") as file:
        for number in range(size):
            data = number.to_bytes(8, "big") + block[8:]
            file.write(data)
            hashing_began = time.perf_counter()
            digest.update(data)
            hashing_time += time.perf_counter() - hashing_began
        file.flush()
        os.fsync(file.fileno())
    seconds = time.perf_counter() - began - hashing_time
    disk = os.statvfs(directory)
    return {
        "name": name,
        "size": size * _BLOCK,
        "digest": digest.hexdigest(),
        "rate": size * _BLOCK / seconds,
        "latency": statistics.median(_rename_latency(directory, name) for _ in range(_SMALL)),
        "skew": _skew(directory, name),
        "free": disk.f_bavail * disk.f_frsize,
        "uid": os.getuid(),
        "gid": (directory / name).stat().st_gid,
        "python": _version(python),
    }


def read(directory: Path, name: str, written: list) -> dict:
    """Read every file in `written` except this host's own, bypassing the page cache."""
    wrong, files, total, seconds = [], 0, 0, 0.0
    for other in written:
        if other["name"] == name and len(written) > 1:
            continue
        size, digest, took = _digest(directory / other["name"])
        if size != other["size"] or digest != other["digest"]:
            wrong.append(f"the file of {other['name']} differs from what it wrote ({size} bytes)")
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


def _rename_latency(directory: Path, name: str) -> float:
    """Return the seconds to create, sync and rename a small file."""
    draft = directory / f"{name}.draft"
    began = time.perf_counter()
    with draft.open("wb") as file:
        file.write(b"{}")
        file.flush()
        os.fsync(file.fileno())
    draft.rename(directory / f"{name}.small")
    return time.perf_counter() - began


def _skew(directory: Path, name: str) -> float:
    """Return this host's clock minus the clock that dates new directories, in seconds."""
    dated = directory / f"{name}.dated"
    before = time.time()
    dated.mkdir()
    after = time.time()
    skew = (before + after) / 2 - dated.stat().st_mtime
    dated.rmdir()
    return skew


def _version(python: str) -> str:
    code = "import platform; print(platform.python_version())"
    try:
        done = subprocess.run([python, "-c", code], capture_output=True, text=True, check=False)
    except OSError:  # the interpreter is missing, or this user cannot run it
        return "none"
    return done.stdout.strip() or "none"


def main() -> int:
    """Run `write` or `read`. Return 1 and print the reason if the store reports an error."""
    action, directory, name, *rest = sys.argv[1:]
    try:
        if action == "write":
            result = write(Path(directory), name, int(rest[0]), rest[1])
        else:
            result = read(Path(directory), name, json.loads(rest[0]))
    except OSError as error:
        if action == "write":  # a full store must not stay full because of the test
            (Path(directory) / name).unlink(missing_ok=True)
        sys.stderr.write(f"{name} cannot {action} {directory}: {error.strerror}\n")
        return 1
    json.dump(result, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
