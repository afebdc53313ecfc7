"""Tuners, assessors and search spaces run in the user's Python, 3.9 or newer."""

import subprocess
import sys
from pathlib import Path

import pytest

import heirloom

PACKAGE = Path(heirloom.__path__[0])
VERMIN = Path(sys.executable).parent / "vermin"
ROOMS = ("tuners", "assessors", "space", "compat")


@pytest.mark.parametrize("room", ROOMS)
def test_code_needs_no_newer_python_than_3_9(room: str) -> None:
    done = subprocess.run(
        [VERMIN, "--no-tips", "--violations", "-t=3.9-", PACKAGE / room],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_modules_import_only_the_standard_library() -> None:
    """Except optuna.py, whose packages its first proposal imports, and what needs numpy."""
    modules = [
        ".".join(("heirloom", *path.relative_to(PACKAGE).with_suffix("").parts))
        for room in ("tuners", "assessors", "space")
        for path in sorted((PACKAGE / room).rglob("*.py"))
        if path.name != "__init__.py" and not _needs_numpy(path)
    ]
    script = (
        "import importlib, sys\n"
        f"sys.path[:0] = [{str(PACKAGE.parent)!r}, {str(PACKAGE / 'compat')!r}]\n"
        f"for name in {modules}: importlib.import_module(name)\n"
        "known = {*sys.stdlib_module_names, *sys.builtin_module_names, 'heirloom', 'nni'}\n"
        "print({name.partition('.')[0] for name in sys.modules} - known - {'__main__'})\n"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout == "set()\n"


def _needs_numpy(path: Path) -> bool:
    """Whether it is a module that a tuner or an assessor imports when it finds numpy."""
    if path.parent.name == "curves":
        return True
    plain = ("average", "require", "tuner")
    return path.parent.name == "policy" and path.stem not in plain
