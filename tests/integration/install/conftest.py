"""Heirloom from a wheel, in an empty virtual environment, used from another directory."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[3]
TIMEOUT = 240  # seconds for any one command on a slow machine
PIP = ("-m", "pip", "--quiet", "--disable-pip-version-check")


def run(*command: str | Path, code: int = 0, cwd: Path, **variables: str) -> str:
    """Run a command; its output. It sees no PYTHON… variables of the tests."""
    kept = {key: value for key, value in os.environ.items() if key[:6] != "PYTHON"}
    done = subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env=kept | variables,
        text=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=TIMEOUT,
        check=False,
    )
    assert done.returncode == code, done.stdout
    assert "Traceback" not in done.stdout
    return done.stdout


def make_venv(path: Path) -> Path:
    """An environment without packages; its interpreter."""
    run(sys.executable, "-m", "venv", "--without-pip", path, cwd=path.parent)
    return path / "bin" / "python"


@dataclass(frozen=True)
class Installed:
    """The environment that holds the wheel and what it depends on."""

    wheel: Path
    venv: Path

    @property
    def site_packages(self) -> Path:
        [found] = self.venv.glob("lib/python*/site-packages")
        return found


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """One environment for all workers of pytest-xdist, whose base directories have one parent."""
    base = tmp_path_factory.getbasetemp()
    path = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "install"
    path.mkdir(exist_ok=True)
    with (path / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (path / "done").exists():
            _install(path)
            (path / "done").touch()
    [wheel] = path.glob("*.whl")
    return Installed(wheel, path / "heirloom-env")


def _install(path: Path) -> None:
    run(sys.executable, *PIP, "wheel", "--no-deps", "-w", path, REPOSITORY, cwd=path)
    [wheel] = path.glob("*.whl")
    python = make_venv(path / "heirloom-env")
    # Without bytecode: compiling takes longer than what is run here.
    into = ("--python", python, "install", "--no-compile")
    run(sys.executable, *PIP, *into, wheel, cwd=path)


@dataclass(frozen=True)
class User:
    """A directory of the user's own, and the command `heirloom` in it."""

    path: Path
    installed: Installed

    @property
    def home(self) -> Path:
        return self.path / "home"

    def write(self, name: str, text: str) -> Path:
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text))
        return path

    def __call__(self, *words: str | Path, code: int = 0, **variables: str) -> str:
        program = self.installed.venv / "bin" / "heirloom"
        home = {"HEIRLOOM_HOME": str(self.home), "COLUMNS": "200"}
        return run(program, *words, code=code, cwd=self.path, **home, **variables)


@pytest.fixture
def user(installed: Installed, tmp_path: Path) -> User:
    path = tmp_path / "own directory"
    path.mkdir()
    return User(path, installed)
