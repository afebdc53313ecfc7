"""The machine that was measured on, and whether its disk is one."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

from controller.state.mounts import file_system_type

_MEMORY = ("tmpfs", "ramfs")


def facts(work: Path) -> dict[str, Any]:
    """What the figures depend on; `work` is where the benchmarks write."""
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "cores": len(os.sched_getaffinity(0)),
        "memory_bytes": psutil.virtual_memory().total,
        "load_average": os.getloadavg()[0],
        "file_system": file_system_type(work),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "platform": platform.platform(),
    }


def is_memory(path: Path) -> bool:
    """Whether `path` lies in memory, where an fsync costs nothing."""
    return file_system_type(path) in _MEMORY
