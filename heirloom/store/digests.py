"""Compute sizes and digests of many files, and fsync them meanwhile."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait

from .files import Files

_FEW_FILES = 8  # up to this many files, and
_FEW_BYTES = 4 << 20  # up to this many bytes, threads cost more than they save
_SYNC_THREADS = 2

Measured = dict[str, tuple[int, str]]


def measure(
    files: Files,
    sizes: Sequence[tuple[str, int]],
    *,
    sync: bool,
    idle: Callable[[], None],
) -> Measured:
    """The size in bytes and the digest of each file. `sizes` are the expected sizes, for planning.

    With `sync` the files are made durable too, in threads beside those that hash. `idle` is called
    about once a second meanwhile. Raises OSError.
    """
    found: Measured = {}
    if len(sizes) <= _FEW_FILES and sum(size for _, size in sizes) <= _FEW_BYTES:
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
    tasks = [(digest, paths[start::cores]) for start in range(cores)]
    if sync:
        tasks += [(make_durable, paths[start::_SYNC_THREADS]) for start in range(_SYNC_THREADS)]
    with ThreadPoolExecutor(len(tasks)) as pool:
        pending: set[Future[None]] = {pool.submit(work, share) for work, share in tasks}
        while pending:
            done, pending = wait(pending, timeout=1.0)
            for future in done:
                future.result()
            idle()
    return found
