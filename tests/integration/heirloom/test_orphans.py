"""What a killed supervisor leaves running is ended, however hard it is to get hold of."""

import os
import signal
import subprocess

import pytest

from heirloom.node.process import orphans

STILL = "exec sleep 600"
EXECS = 'exec "$0"'  # the environment of a process in the middle of an execve reads as empty
FORKS = '"$0" &'  # gone, with a successor, by the time that somebody looks at it
FLEES = 'setsid "$0" &'  # and not even the group of the successor is known


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
    began.hear()
    os.kill(lab.supervisor("0.1"), signal.SIGKILL)
    lab.await_death("0.1")
    return alive


@pytest.mark.parametrize("script", [STILL, EXECS, FORKS, FLEES])
def test_what_a_killed_supervisor_leaves_is_ended(lab, script):
    alive = leave(lab, script)
    assert lab.probe("0.1") == "dead"
    lab.await_lock(alive)  # held by the trial and by the process in a session of its own
    assert lab.run("1.1", slots=4)["outcome"] == "committed"


def test_nothing_else_is_ended_or_waited_for_without_end(lab):
    others = [
        subprocess.Popen(["sleep", "600"], env=env)
        for env in ({}, {"HEIRLOOM_EXPERIMENT": lab.root.name, "HEIRLOOM_ATTEMPT": "0.11"})
    ]
    assert orphans.kill_orphans(lab.root.name, "0.1") == 0
    for other in others:
        assert other.poll() is None
        other.kill()
        other.wait()
