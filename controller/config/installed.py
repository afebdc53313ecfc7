"""Finds modules of the user's Python environments in their files, without running a Python."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from importlib.machinery import PathFinder
from pathlib import Path


def prefixes(python: Path | None) -> list[Path]:
    """The environments in which a tuner of the user's own may run; `python` is `trial.python`."""
    named = (os.environ.get(name) for name in ("VIRTUAL_ENV", "CONDA_PREFIX"))
    chosen = [python.parent.parent] if python is not None else []
    return [*chosen, *(Path(prefix) for prefix in named if prefix), Path(sys.prefix)]


def is_installed(module: str, environments: Sequence[Path]) -> bool:
    """Whether one of the environments, or PYTHONPATH, has the top-level package of a module.

    An editable installation counts by its name: its finder is a program, which is not run.
    """
    package = module.partition(".")[0]
    directories = list(_directories(environments))
    PathFinder.invalidate_caches()
    if PathFinder.find_spec(package, [str(each) for each in directories]) is not None:
        return True
    return any(any(each.glob(f"__editable__*{package}*")) for each in directories)


def _directories(environments: Sequence[Path]) -> Iterator[Path]:
    """PYTHONPATH, the directories of packages, and those that their .pth files add."""
    yield from (Path(part) for part in os.environ.get("PYTHONPATH", "").split(os.pathsep) if part)
    for environment in environments:
        for packages in environment.glob("lib*/python3*/*-packages"):
            yield packages
            for file in packages.glob("*.pth"):
                lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
                yield from (
                    packages / line
                    for line in lines
                    if line and not line.startswith(("#", "import ", "import\t"))
                )
