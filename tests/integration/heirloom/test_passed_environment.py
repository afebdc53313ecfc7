"""Variables that a user passes to an attempt are on the node while it lasts, for the user alone."""

import os
import signal
import stat

from heirloom.node import attempts
from tests.integration.heirloom.lab import NOOP, Lab

VALUE = "s3cret {{ x }} $(id) ünï\n'\""
PASSED = {"TOKEN": VALUE, "OTHER": "not asked for"}


def start(lab: Lab, spec, passed=None):
    [answer] = attempts.start(str(lab.run_dir), lab.slots, [spec], None, passed)
    return answer["found"]


def test_the_trial_gets_the_values_that_its_spec_names(lab):
    began, go_on = lab.fifo("began"), lab.fifo("go-on")
    seen = lab.base / "seen"
    command = (
        f'printf %s "$TOKEN" > "{seen}"; echo "${{OTHER-none}}" > "{began.path}";'
        f' read line < "{go_on.path}"; {NOOP}'
    )
    assert start(lab, lab.spec("0.1", command, pass_environment=["TOKEN"]), PASSED) == "started"
    assert began.receive() == "none\n"
    file = lab.local("0.1.environment")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    go_on.send()
    assert lab.ended("0.1")["outcome"] == "committed"
    assert seen.read_text() == VALUE
    assert not file.exists()
    for top in (lab.root, lab.run_dir):
        files = [path for path in top.rglob("*") if path.is_file()]
        assert not [path for path in files if b"s3cret" in path.read_bytes()]


def test_an_attempt_that_is_ended_while_it_waits_leaves_no_values(lab):
    spec = lab.spec("0.1", restore=[9], pass_environment=["TOKEN"])
    assert start(lab, spec, PASSED) == "started"
    assert lab.local("0.1.environment").exists()
    lab.end("0.1", "cancelled")
    assert lab.ended("0.1")["outcome"] == "cancelled"
    assert not lab.local("0.1.environment").exists()


def test_the_values_of_a_dead_attempt_are_removed_when_it_is_found(lab):
    start(lab, lab.spec("0.1", restore=[9], pass_environment=["TOKEN"]), PASSED)
    os.kill(lab.supervisor("0.1"), signal.SIGKILL)
    lab.await_death("0.1")
    assert lab.probe("0.1") == "dead"
    assert not lab.local("0.1.environment").exists()


def test_an_attempt_whose_values_did_not_arrive_is_refused(lab):
    assert start(lab, lab.spec("0.1", pass_environment=["TOKEN"])) == "started"
    ended = lab.ended("0.1")
    assert (ended["outcome"], "TOKEN" in ended["reason"]) == ("refused", True)
