"""Requests to end attempts: recalled, cancelled or stopped, while armed or running."""

import os
import signal
import time
from pathlib import Path

import pytest

from controller.store.end_requests import EndRequests
from controller.store.layout import Root
from heirloom.store.files import RealFiles
from tests.integration.heirloom.lab import NOOP

REPORT = 'echo "{\\"step\\": 0, \\"value\\": 0.25, \\"at\\": 1}" >> "$HEIRLOOM_METRICS"'
WEIGHTS = 'echo w > "$HEIRLOOM_SAVE_PATH/w"'


@pytest.mark.parametrize("how", ["recalled", "cancelled"])
@pytest.mark.parametrize("waits_for", ["parent", "slot", "gate"])
def test_an_armed_attempt_ends_on_request(lab, how, waits_for):
    lab.slots = lab.slots[:1]
    go_on = lab.fifo("go-on")
    began = lab.fifo("began")
    if waits_for != "parent":
        lab.start(lab.spec("0.1", f'echo > "{began.path}"; read line < "{go_on.path}"; {NOOP}'))
        began.receive()
    if waits_for == "gate":
        lab.start(lab.spec("1.1"))
    lab.start(lab.spec("2.1", restore=[9] if waits_for == "parent" else []))
    assert lab.end("2.1", how, "not now") == "running"
    ended = lab.ended("2.1")
    assert (ended["outcome"], ended["reason"]) == (how, "not now")
    assert (lab.attempt("2.1") / f"out.{how}").is_dir()
    assert lab.verdict(2) is None
    if waits_for != "parent":
        go_on.send()
        assert lab.ended("0.1")["outcome"] == "committed"
    if waits_for == "gate":
        assert lab.ended("1.1")["outcome"] == "committed"


def test_an_armed_attempt_that_is_stopped_leaves_a_verdict_without_weights(lab):
    lab.start(lab.spec("2.1", restore=[9]))
    lab.end("2.1", "stopped", "hopeless")
    assert lab.ended("2.1")["outcome"] == "stopped"
    verdict = lab.verdict(2)
    assert (verdict.state, verdict.weights, verdict.reason) == ("stopped", False, "hopeless")


def start_and_stop(lab, command, how="stopped", **more):
    began = lab.fifo("began")
    lab.start(lab.spec("0.1", command.replace("BEGAN", f'echo > "{began.path}"'), **more))
    began.receive()
    assert lab.end("0.1", how, "hopeless") == "running"
    return lab.ended("0.1")


def test_a_stopped_trial_keeps_its_weights_and_its_last_report(lab):
    ended = start_and_stop(lab, f"{WEIGHTS}; {REPORT}; BEGAN; exec sleep 1000")
    assert (ended["outcome"], ended["reason"]) == ("stopped", "hopeless")
    assert 1 << 20 < ended["peak_memory"] < 1 << 33
    assert 0 < ended["cpu_seconds"] < 60
    verdict = lab.verdict(0)
    assert (verdict.state, verdict.weights, verdict.value) == ("stopped", True, 0.25)
    assert [entry.path for entry in verdict.files] == ["w"]


def test_a_killed_trial_leaves_no_weights(lab):
    command = f"trap '' TERM; {WEIGHTS}; {REPORT}; BEGAN; while :; do sleep 0.05; done"
    assert start_and_stop(lab, command, grace=0.1)["outcome"] == "stopped"
    verdict = lab.verdict(0)
    assert (verdict.state, verdict.weights, verdict.value) == ("stopped", False, 0.25)
    assert not (lab.root / "trials/0/weights").exists()


def test_a_cancelled_trial_leaves_the_verdict_to_the_controller(lab):
    ended = start_and_stop(lab, f"{WEIGHTS}; BEGAN; exec sleep 1000", how="cancelled")
    assert (ended["outcome"], ended["reason"]) == ("cancelled", "hopeless")
    assert lab.verdict(0) is None
    assert not (lab.attempt("0.1") / "out").exists()


def test_cancelling_overrides_stopping(lab):
    began = lab.fifo("began")
    command = (
        f'trap "echo > {began.path}" TERM; echo > "{began.path}"; while :; do sleep 0.01; done'
    )
    lab.start(lab.spec("0.1", command, grace=1000.0))
    began.receive()
    lab.end("0.1", "stopped")
    began.receive()
    lab.end("0.1", "cancelled", "enough")
    began.receive()  # a second SIGTERM: the trial need not finish its weights
    os.killpg(trial_process(lab, "0.1"), signal.SIGKILL)
    assert lab.ended("0.1")["outcome"] == "cancelled"


def trial_process(lab, attempt):
    supervisor = lab.supervisor(attempt)
    children = Path(f"/proc/{supervisor}/task/{supervisor}/children").read_text()
    return int(children.split()[0])


def test_a_recall_comes_too_late_for_a_running_trial(lab):
    began, go_on = lab.fifo("began"), lab.fifo("go-on")
    command = f'echo > "{began.path}"; read line < "{go_on.path}"; {NOOP}'
    lab.start(lab.spec("0.1", command))
    began.receive()
    assert lab.end("0.1", "recalled") == "running"
    go_on.send()
    assert lab.ended("0.1")["outcome"] == "committed"


def test_an_end_request_before_the_start_holds(lab):
    assert lab.end("0.1", "recalled", "another node has it") == "absent"
    ended = lab.run("0.1")
    assert (ended["outcome"], ended["reason"]) == ("recalled", "another node has it")
    assert not (lab.root / "mail/new/0.1.began.json").exists()


@pytest.mark.parametrize("poller", ["running", "armed"])
@pytest.mark.parametrize("how", ["stopped", "cancelled"])
def test_a_running_trial_ends_by_a_request_on_the_store_alone(lab, how, poller):
    if poller == "armed":
        lab.start(lab.spec("5.1", restore=[9]))
    began = lab.fifo("began")
    lab.start(lab.spec("0.1", f'{WEIGHTS}; echo > "{began.path}"; exec sleep 1000'))
    began.receive()
    EndRequests(Root(lab.root), RealFiles(), time.time).send(0, 1, how, "hopeless")
    ended = lab.ended("0.1")
    assert (ended["outcome"], ended["reason"]) == (how, "hopeless")


def test_an_attempt_that_has_ended_cannot_be_ended_again(lab):
    lab.run("0.1")
    assert lab.end("0.1", "cancelled") == "ended"
    assert lab.verdict(0).state == "succeeded"
    assert lab.end("0.1", "exploded") == "refused"


def test_an_attempt_whose_out_was_renamed_is_recalled(lab):
    began, go_on = lab.fifo("began"), lab.fifo("go-on")
    command = f'echo > "{began.path}"; read line < "{go_on.path}"; {NOOP}'
    lab.start(lab.spec("0.1", command))
    began.receive()
    (lab.attempt("0.1") / "out").rename(lab.attempt("0.1") / "out.fenced")
    go_on.send()
    assert lab.ended("0.1")["outcome"] == "recalled"
    assert lab.verdict(0) is None
