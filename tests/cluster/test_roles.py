"""The molecule scenarios of every role: `default` is Debian 13, `bookworm` is Debian 12."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from testbed.cache import REPOSITORY

SCENARIOS = sorted(REPOSITORY.glob("roles/*/molecule/*/molecule.yml"))
LOGS = REPOSITORY / "build" / "molecule"
pytestmark = [pytest.mark.cluster, pytest.mark.timeout(1500)]


def _case(file: Path) -> object:
    role, scenario = file.parents[2].name, file.parent.name
    # The same on another release of Debian takes as long again: `make test-all` runs it.
    marks = () if scenario == "default" else (pytest.mark.full,)
    return pytest.param(role, scenario, id=f"{role}-{scenario}", marks=marks)


@pytest.mark.parametrize(("role", "scenario"), [_case(file) for file in SCENARIOS])
def test_scenario(test_machine: None, role: str, scenario: str) -> None:
    programs = str(Path(sys.executable).parent)
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    log = LOGS / f"{role}-{scenario}.log"  # to follow the progress
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w") as output:
        done = subprocess.run(
            [Path(programs, "molecule"), "test", "--scenario-name", scenario],
            cwd=REPOSITORY / "roles" / role,
            env={
                **os.environ,
                "PATH": f"{programs}:{os.environ['PATH']}",
                "HEIRLOOM_TESTBED": f"molecule-{worker}" if worker else "molecule",
                "LC_ALL": "C.UTF-8",
                "NO_COLOR": "1",
            },
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
    assert done.returncode == 0, _excerpt(log.read_text())


def _excerpt(output: str) -> str:
    """Return the output around the last failure, and the end. Some failures are expected."""
    before, found, after = output.rpartition("fatal: ")
    return f"{before[-1500:]}{found}{after[:4000]}\n…\n{output[-1500:]}"
