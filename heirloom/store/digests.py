"""Sizes and digests of many files, and their bytes made durable, at the disk's speed."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait

from .files import Files

_FEW = 8  # files, and
_LITTLE = 4 << 20  # bytes, below which threads cost more than they save
_SYNC_LANES = 2

Measured = dict[str, tuple[int, str]]


def measure(
    files: Files,
    sizes: Sequence[tuple[str, int]],
    *,
    sync: bool,
    idle: Callable[[], None],
) -> Measured:
    """The size and digest found for each path; `sizes` are what is expected, in bytes.

    With `sync` the files are made durable too, while they are hashed: the disk writes what the
    processors read. `idle` is called about once a second meanwhile. Raises OSError.
    """
    found: Measured = {}
    if len(sizes) <= _FEW and sum(size for _, size in sizes) <= _LITTLE:
        for path, _ in sizes:
            found[path] = files.digest(path)
            if sync:
                files.sync_file(path)
        return found

    def digest(paths: Sequence[str]) -> None:
        for path in paths:
            found[path] = files.digest(path)

    def make_durable(paths: Sequence[str]) -> None:
        for path in paths:
            files.sync_file(path)

    paths = [path for path, _ in sorted(sizes, key=lambda pair: -pair[1])]
    cores = len(os.sched_getaffinity(0))
    lanes = [(digest, paths[start::cores]) for start in range(cores)]
    if sync:
        lanes += [(make_durable, paths[start::_SYNC_LANES]) for start in range(_SYNC_LANES)]
    with ThreadPoolExecutor(len(lanes)) as pool:
        pending: set[Future[None]] = {pool.submit(work, share) for work, share in lanes}
        while pending:
            done, pending = wait(pending, timeout=1.0)
            for lane in done:
                lane.result()
            idle()
    return found
