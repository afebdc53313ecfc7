"""An environment for each tool, made when it is asked for."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool.

    Args:
        title: what it is called.
        requirements: what pip installs; empty for Heirloom, which is here.
        package: whose version is printed.
        processes: how many processes a user starts for four trials at once.
        pbt: whether it has population based training.
    """

    title: str
    requirements: tuple[str, ...]
    package: str
    processes: int = 1
    pbt: bool = False


TOOLS: Mapping[str, Tool] = {
    "heirloom": Tool("Heirloom", (), "heirloom", pbt=True),
    "ray": Tool("Ray Tune", ("ray[tune]",), "ray", pbt=True),
    # NePS needs PyTorch: the build for CPUs, without several GB of CUDA.
    "neps": Tool(
        "NePS", ("torch==2.13.0+cpu", "neural-pipeline-search"), "neural-pipeline-search", 4
    ),
    "optuna": Tool("Optuna", ("optuna",), "optuna", 4),
}


def python(name: str, directory: Path) -> Path:
    """The Python of a tool's environment in `directory`, which is made unless it is there.

    Raises RuntimeError if pip cannot install the tool.
    """
    tool = TOOLS[name]
    if not tool.requirements:
        return Path(sys.executable)
    environment = directory / name
    found, complete = environment / "bin/python", environment / "complete"
    if complete.exists():
        return found
    _run("cannot make an environment", sys.executable, "-m", "venv", "--clear", str(environment))
    pip = (str(found), "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    _run(f"pip cannot install {tool.title}", *pip, *tool.requirements)
    complete.touch()
    return found


def version(name: str, interpreter: Path) -> str:
    """The version of a tool. Raises RuntimeError."""
    if name == "heirloom":
        from controller import __version__

        return __version__
    code = f"import importlib.metadata as m; print(m.version({TOOLS[name].package!r}))"
    return _run(f"{name} has no version", str(interpreter), "-c", code).strip()


def _run(problem: str, *command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{problem}: {done.stderr.strip()[-400:]}")
    return done.stdout
