"""A bench for tuner processes."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.tuners.bench import PATIENCE, Bench


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path)
    yield bench
    for process in bench.started:
        process.close(timeout=PATIENCE)


@pytest.fixture
def python39() -> str:
    return _python("3.9")


@pytest.fixture
def python38() -> str:
    return _python("3.8")


def _python(version: str) -> str:
    """An interpreter of this version, on PATH or of pyenv; the test is skipped without one."""
    installed = Path.home().glob(f".pyenv/versions/{version}.*/bin/python{version}")
    for path in filter(None, [shutil.which(f"python{version}"), *map(str, installed)]):
        if subprocess.run([path, "-c", ""], capture_output=True, check=False).returncode == 0:
            return path
    pytest.skip(f"no Python {version} on PATH or under ~/.pyenv")
