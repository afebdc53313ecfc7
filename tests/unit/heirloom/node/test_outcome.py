import json
import os
import shutil
from types import SimpleNamespace
from typing import Any, cast

import pytest

from heirloom.node.attempt_ended import AttemptEnded
from heirloom.node.limits import cgroups, systemd
from heirloom.node.process import outcome
from heirloom.node.process.retry_rules import match_retry_rule
from heirloom.node.spec import Spec

SPEC = Spec("0.1", "exp-1", "/store/ann/exp-1", "here", "true", "runtime/1", {})


def reason(spec: Spec, status: int, *, ran_out: bool = False) -> str:
    process = cast("Any", SimpleNamespace(ending=None, memory_ran_out=lambda: ran_out))
    with pytest.raises(AttemptEnded) as caught:
        outcome.evaluate_run(spec, process, status, ["a line", "the last line"])
    return caught.value.reason


def test_reason_of_an_out_of_memory_kill_names_the_limit(monkeypatch):
    monkeypatch.setattr(cgroups, "out_of_memory", lambda own: own == "heirloom-exp-1-0.1")
    limited = Spec.from_dict({"format": 1, **vars(SPEC), "memory": 100 << 20})
    assert reason(limited, 137) == (
        "used more than its memory limit of 100 MiB (exit code 137): the last line"
    )
    assert "more memory than the node has" in reason(SPEC, -9)


def test_a_limited_trial_fails_if_the_kernel_killed_a_part_of_it(monkeypatch):
    monkeypatch.setattr(cgroups, "out_of_memory", lambda own: True)
    limited = Spec.from_dict({"format": 1, **vars(SPEC), "memory": 200_000_000})
    assert reason(limited, 0) == (
        "used more than its memory limit of 200 MB (the kernel killed a part of it)"
    )


@pytest.mark.parametrize(
    ("status", "ran_out", "text"),
    [
        (
            -9,
            True,
            "killed by SIGKILL (the kernel killed processes for lack of memory): the last line",
        ),
        (-9, False, "killed by SIGKILL (out of memory?): the last line"),
        (
            137,
            True,
            "exit code 137 (the kernel killed processes for lack of memory): the last line",
        ),
        (137, False, "exit code 137: the last line"),
        (1, True, "exit code 1: the last line"),
        (-11, True, "killed by SIGSEGV: the last line"),
    ],
)
def test_reason_of_a_kill_says_whether_the_machine_ran_out_of_memory(status, ran_out, text):
    assert reason(SPEC, status, ran_out=ran_out) == text


def test_reason_of_another_failure_does_not_name_memory(monkeypatch):
    monkeypatch.setattr(cgroups, "out_of_memory", lambda own: False)
    assert reason(SPEC, 1) == "exit code 1: the last line"


def test_missing_systemd_is_reported(monkeypatch):
    monkeypatch.setattr(systemd, "_BOOTED", "/nowhere")
    assert systemd.unavailable_reason() == "no systemd runs here"


def test_missing_linger_and_bus_are_reported_with_a_remedy(monkeypatch, tmp_path):
    monkeypatch.setattr(systemd, "_BOOTED", str(tmp_path))
    monkeypatch.setattr(systemd, "_LINGER", str(tmp_path))
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(os, "getuid", lambda: 65533)
    assert "loginctl enable-linger 65533" in systemd.unavailable_reason()
    (tmp_path / "65533").touch()
    assert "/run/user/65533/bus" in systemd.unavailable_reason()


ON = {"on": r"CUDA error: \w+", "exit_code": None}
BUSY = {"on": None, "exit_code": 75}
BOTH = {"on": "CUDA", "exit_code": 139}
LINES = ["starting", "RuntimeError: CUDA error: out of memory", "Traceback", ""]


@pytest.mark.parametrize(
    ("rules", "status", "lines", "rule", "reason"),
    [
        (
            [ON],
            1,
            LINES,
            0,
            "why (its output says: RuntimeError: CUDA error: out of memory)",
        ),
        ([ON], 1, ["all is well"], None, "why"),
        ([BUSY, ON], 1, LINES, 1, None),
        ([BUSY, ON], 75, LINES, 0, "why"),
        ([BOTH], -11, LINES, 0, None),
        ([BOTH], 1, LINES, None, "why"),
        ([], 75, LINES, None, "why"),
    ],
)
def test_the_first_matching_retry_rule_is_reported(rules, status, lines, rule, reason):
    ended = match_retry_rule(AttemptEnded("failed", "why"), rules, status, lines)
    assert (ended.outcome, ended.rule) == ("failed", rule)
    assert reason is None or ended.reason == reason


@pytest.fixture
def named(tmp_path, monkeypatch):
    """A function that ends a trial with objectives by name, whose result it gets."""
    monkeypatch.setattr(cgroups, "out_of_memory", lambda own: False)
    directory = tmp_path / "attempts" / "0.1"
    (directory / "out" / "weights").mkdir(parents=True)

    def end(result, objectives=("accuracy", "macs"), bounds=None):
        spec = Spec(
            "0.1",
            "exp-1",
            str(tmp_path),
            "here",
            "true",
            "runtime/1",
            {},
            objectives=objectives,
            weights="required",
            bounds=bounds or {},
        )
        (directory / "result.json").write_text(json.dumps(result))
        process = cast("Any", SimpleNamespace(ending=None, memory_ran_out=lambda: False))
        return outcome.evaluate_run(spec, process, 0, [])

    return end


def test_a_trial_that_is_out_of_bounds_before_training_is_stopped(named):
    finished = named({"macs": 7, "infeasible": "macs is 7, above at_most 5"})
    assert (finished.state, finished.weights) == ("stopped", False)
    assert finished.reason == "infeasible: macs is 7, above at_most 5"
    assert (finished.value, finished.values) == (None, {"macs": 7.0})


def test_a_trial_whose_first_objective_is_out_of_bounds_is_stopped(named):
    reported = {"macs": 7, "infeasible": "macs is 7, above at_most 5"}
    finished = named(reported, objectives=("macs", "accuracy"))
    assert (finished.state, finished.weights) == ("stopped", False)
    assert (finished.value, finished.values) == (7.0, {"macs": 7.0})


def test_a_trial_whose_only_objective_is_out_of_bounds_is_stopped(named):
    reported = {"macs": 7, "infeasible": "macs is 7, above at_most 5"}
    finished = named(reported, objectives=("macs",), bounds={"macs": {"at_most": 5.0}})
    assert (finished.state, finished.weights, finished.value) == ("stopped", False, 7.0)
    with pytest.raises(AttemptEnded, match="left its save path empty"):
        named(reported, objectives=("macs",), bounds={"macs": {"at_least": 5.0, "at_most": 7.0}})


def test_a_trial_that_has_all_values_was_trained(named):
    with pytest.raises(AttemptEnded, match="left its save path empty"):
        named({"accuracy": 0.5, "macs": 7, "infeasible": "a note of the trial's own"})
    with pytest.raises(AttemptEnded, match="its result has no accuracy"):
        named({"macs": 7, "infeasible": True})
