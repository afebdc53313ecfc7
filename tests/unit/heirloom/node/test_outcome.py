import os
import shutil
from types import SimpleNamespace
from typing import Any, cast

import pytest

from heirloom.node.attempt_ended import AttemptEnded
from heirloom.node.limits import systemd
from heirloom.node.process import outcome
from heirloom.node.process.retry_rules import match_retry_rule
from heirloom.node.spec import Spec

SPEC = Spec("0.1", "exp-1", "/store/ann/exp-1", "here", "true", "runtime/1", {})


def reason(spec: Spec, status: int) -> str:
    process = cast("Any", SimpleNamespace(ending=None))
    with pytest.raises(AttemptEnded) as caught:
        outcome.evaluate_run(spec, process, status, ["a line", "the last line"])
    return caught.value.reason


def test_reason_of_an_out_of_memory_kill_names_the_limit(monkeypatch):
    monkeypatch.setattr(systemd, "out_of_memory", lambda: True)
    limited = Spec.from_dict({"format": 1, **vars(SPEC), "memory": 100 << 20})
    assert reason(limited, 137) == (
        "used more memory than its limit (trial.memory) of 100 MiB (exit code 137): the last line"
    )
    assert "more memory than the node has" in reason(SPEC, -9)


def test_reason_of_another_failure_does_not_name_memory(monkeypatch):
    monkeypatch.setattr(systemd, "out_of_memory", lambda: False)
    assert reason(SPEC, 1) == "exit code 1: the last line"


@pytest.mark.parametrize(
    ("cgroup", "events", "ended"),
    [
        ("/user.slice/heirloom.slice/heirloom-a.scope", "oom 1\noom_kill 1\n", True),
        ("/user.slice/heirloom.slice/heirloom-a.scope", "oom 1\noom_kill 0\n", False),
        (
            "/user.slice/session-1.scope",
            "oom 1\noom_kill 1\n",
            False,
        ),  # not our slice
    ],
)
def test_out_of_memory_reads_the_attempts_own_scope(monkeypatch, tmp_path, cgroup, events, ended):
    directory = tmp_path / cgroup.lstrip("/")
    directory.mkdir(parents=True)
    (directory / "memory.events").write_text(events)
    monkeypatch.setattr(systemd, "_CGROUPS", str(tmp_path))
    monkeypatch.setattr(systemd, "_own_cgroup", lambda: cgroup)
    assert systemd.out_of_memory() is ended


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
