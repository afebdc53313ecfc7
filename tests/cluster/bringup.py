"""Commands of a user: playbooks on this machine, and the controller on a host of the cluster."""

import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from testbed.cache import REPOSITORY
from testbed.cluster import Cluster

CONTROLLER = "node1"
USER = "heirloom"
_RECAP = re.compile(r"^(\S+)\s+: ok=\d+\s+changed=(\d+)\s+unreachable=(\d+)\s+failed=(\d+)", re.M)


@dataclass(frozen=True)
class PlaybookRun:
    """The result of a playbook."""

    output: str
    changed: dict[str, int]  # number of changed tasks, by host


def try_playbook(cluster: Cluster, playbook: str, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a playbook. Return the process, whether it failed or not."""
    program = Path(sys.executable).with_name("ansible-playbook")
    return subprocess.run(
        [program, "-i", cluster.inventory, playbook, *words],
        cwd=REPOSITORY,
        env={**os.environ, "ANSIBLE_NOCOLOR": "1", "LC_ALL": "C.UTF-8"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def run_playbook(cluster: Cluster, playbook: str, *words: str) -> PlaybookRun:
    """Run a playbook. It must succeed."""
    done = try_playbook(cluster, playbook, *words)
    assert done.returncode == 0, f"{playbook}: {done.stdout[-6000:]}{done.stderr[-2000:]}"
    recap = {name: numbers for name, *numbers in _RECAP.findall(done.stdout)}
    assert all(unreachable == failed == "0" for _, unreachable, failed in recap.values())
    return PlaybookRun(done.stdout, {name: int(numbers[0]) for name, numbers in recap.items()})


def as_user(cluster: Cluster, script: str, host: str = CONTROLLER) -> tuple[int, str]:
    """Run a shell script on a host in a login of the trial user. Return exit code and output."""
    login = f"runuser -l {USER} -c {shlex.quote(script)} 2>&1"
    done = cluster.host(host).ssh([login], check=False)
    return done.returncode, done.stdout


def controller(cluster: Cluster, *words: str) -> tuple[int, str]:
    """Run `python -m controller` on the controller host. Return exit code and output."""
    inventory = cluster.inventory.relative_to(REPOSITORY)
    command = " ".join(map(shlex.quote, words)).replace("INVENTORY", str(inventory))
    return as_user(cluster, f"cd /opt/heirloom && ~/venv/bin/python -m controller {command}")


def install_controller(cluster: Cluster, host: str = CONTROLLER) -> None:
    """Create the controller's virtual environment for the trial user of a host."""
    code, output = as_user(
        cluster,
        "python3 -m venv venv && venv/bin/pip install -q -r /opt/heirloom/requirements.txt",
        host,
    )
    assert code == 0, output
