"""The processes of a killed supervisor are killed, whatever they do meanwhile."""

import os
import signal
import subprocess

import pytest

from heirloom.node.process import orphans

STILL = "exec sleep 600"
EXECS = 'exec "$0"'  # the environment of a process in the middle of an execve reads as empty
FORKS = '"$0" &'  # it has exited, with a child, by the time of the scan
FLEES = 'setsid "$0" &'  # the child is in another process group too


def leave(lab, script):
    """Start a trial that leaves a process in a session of its own, and kill its supervisor.

    The file that is locked while any of its processes lives.
    """
    alive = lab.base / "alive"
    left = lab.base / "left"
    left.write_text(f"#!/bin/sh\n{script}\n")
    left.chmod(0o755)
    began = lab.fifo("began")
    lab.start(
        lab.spec(
            "0.1",
            f'exec 9> "{alive}"; flock 9; setsid "{left}" & echo > "{began.path}"; exec sleep 600',
        )
    )
    began.receive()
    os.kill(lab.supervisor("0.1"), signal.SIGKILL)
    lab.await_death("0.1")
    return alive


@pytest.mark.parametrize("script", [STILL, EXECS, FORKS, FLEES])
def test_processes_of_a_killed_supervisor_are_killed(lab, script):
    alive = leave(lab, script)
    assert lab.probe("0.1") == "dead"
    lab.await_lock(alive)  # held by the trial and by the process in a session of its own
    assert lab.run("1.1", slots=4)["outcome"] == "committed"


def test_other_processes_are_neither_killed_nor_waited_for(lab):
    others = [
        subprocess.Popen(["sleep", "600"], env=env)
        for env in ({}, {"HEIRLOOM_EXPERIMENT": lab.root.name, "HEIRLOOM_ATTEMPT": "0.11"})
    ]
    assert orphans.kill_orphans(lab.root.name, "0.1") == 0
    for other in others:
        assert other.poll() is None
        other.kill()
        other.wait()
