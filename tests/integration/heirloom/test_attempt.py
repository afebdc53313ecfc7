"""A successful attempt, and the files that it leaves."""

import hashlib
import json
import os
import stat
import sys
from pathlib import Path

from heirloom.node import attempts
from tests.integration.heirloom.lab import NOOP


def test_the_save_path_becomes_the_trials_weights(lab):
    command = f'mkdir "$HEIRLOOM_SAVE_PATH/deep"; printf abc > "$HEIRLOOM_SAVE_PATH/deep/w"; {NOOP}'
    ended = lab.run("7.2", command, restore=[])
    verdict = lab.verdict(7)
    assert ended["outcome"] == "committed"
    assert (verdict.state, verdict.attempt, verdict.node) == ("succeeded", "7.2", "here")
    assert (verdict.value, verdict.result) == (1.0, {"value": 1})
    digest = f"sha256:{hashlib.sha256(b'abc').hexdigest()}"
    assert json.loads(verdict.to_json())["files"] == [
        {"path": "deep/w", "size": 3, "digest": digest}
    ]
    assert (lab.root / "trials/7/weights/deep/w").read_text() == "abc"
    assert not (lab.attempt("7.2") / "out").exists()


def test_what_is_committed_is_read_only(lab):
    lab.run("0.1", f'mkdir "$HEIRLOOM_SAVE_PATH/d"; touch "$HEIRLOOM_SAVE_PATH/d/w"; {NOOP}')
    place = lab.root / "trials/0"
    modes = {
        path.relative_to(place).as_posix(): stat.S_IMODE(path.stat().st_mode)
        for path in [place, *place.rglob("*")]
    }
    assert modes == {
        ".": 0o550,
        "manifest.json": 0o440,
        "weights": 0o550,
        "weights/d": 0o550,
        "weights/d/w": 0o440,
    }


def test_mail_reports_start_and_end(lab):
    last_word = lab.run("3.1")
    began, ended = lab.mail("3.1", "began"), lab.mail("3.1", "ended")
    assert (began["attempt"], began["node"], began["gpus"]) == ("3.1", "here", [])
    assert ended == last_word
    assert set(ended["seconds"]) == {"waiting", "running", "committing"}
    assert not list((lab.root / "mail/tmp").iterdir())


def test_only_claim_and_end_stay_on_the_node(lab):
    lab.run("3.1")
    left = {path.name for path in lab.local(".").iterdir()}
    assert left == {"3.1.claim", "3.1.ended", "supervisor.log"}
    assert lab.local("supervisor.log").read_text() == ""


def test_a_process_sees_its_files_and_nothing_of_the_supervisors(lab):
    script = (
        "import json, os, pathlib, sys\n"
        "fds = [os.readlink(f'/proc/self/fd/{n}') for n in os.listdir('/proc/self/fd') if n > '2'"
        " and os.path.exists(f'/proc/self/fd/{n}')]\n"
        "seen = {k: v for k, v in os.environ.items()}\n"
        "report = {'value': 1, 'env': seen, 'fds': fds, 'cwd': os.getcwd(), "
        " 'python': sys.executable, 'params': json.load(open(seen['HEIRLOOM_PARAMS'])),"
        " 'session': os.getsid(0) == os.getpid()}\n"
        "pathlib.Path(seen['HEIRLOOM_RESULT']).write_text(json.dumps(report))\n"
    )
    (lab.root / "code/1").mkdir()
    (lab.root / "code/1/train.py").write_text(script)
    os.environ["ANSIBLE_SECRET"] = "x"
    try:
        lab.run(
            "4.1",
            ["python", "train.py"],
            code="code/1",
            params={"lr": "'$(rm -rf /)"},
            threads=3,
            environment={"MINE": "yes", "PYTHONPATH": "/mine"},
        )
    finally:
        del os.environ["ANSIBLE_SECRET"]
    seen = lab.verdict(4).result
    assert seen["params"] == {"lr": "'$(rm -rf /)"}
    assert seen["cwd"] == str(lab.root / "code/1")
    assert seen["session"]
    assert Path(seen["python"]).samefile(sys.executable)
    assert [Path(fd).name for fd in seen["fds"] if "run" in fd] == ["0"]  # only the slot
    env = seen["env"]
    assert "ANSIBLE_SECRET" not in env
    assert env["MINE"] == "yes"
    assert env["PYTHONPATH"] == f"{lab.root}/runtime/1:{lab.root}/runtime/1/heirloom/compat:/mine"
    assert env["OMP_NUM_THREADS"] == "3"
    assert env["CUDA_VISIBLE_DEVICES"] == ""
    assert env["HEIRLOOM_TRIAL"] == "4"
    assert env["HEIRLOOM_ATTEMPT"] == "4.1"
    assert env["HEIRLOOM_RESTORE_PATH"] == ""


def test_a_child_is_given_its_parents_weights(lab):
    lab.run("0.1", f'echo zero > "$HEIRLOOM_SAVE_PATH/w"; {NOOP}')
    lab.run("1.1", f'echo one > "$HEIRLOOM_SAVE_PATH/w"; {NOOP}')
    command = (
        'cat "$HEIRLOOM_RESTORE_PATH/w" > "$HEIRLOOM_SAVE_PATH/first"; '
        f'echo "$HEIRLOOM_RESTORE_PATHS" > "$HEIRLOOM_SAVE_PATH/all"; {NOOP}'
    )
    lab.run("2.1", command, restore=[1, 0])
    weights = lab.root / "trials/2/weights"
    assert (weights / "first").read_text() == "one\n"
    parents = [f"{lab.root}/trials/1/weights", f"{lab.root}/trials/0/weights"]
    assert (weights / "all").read_text().strip().split(":") == parents
    assert lab.verdict(2).parents == (1, 0)


def test_a_spec_without_an_interpreter_uses_the_calls(lab, tmp_path):
    fake = tmp_path / "python-of-mine"  # its directory has no `python`, so a wrapper is created
    fake.write_text('#!/bin/sh\necho \'{"value": 42}\' > "$HEIRLOOM_RESULT"\n')
    fake.chmod(0o755)
    attempts.start(str(lab.run_dir), lab.slots, [lab.spec("0.1", ["python"])], str(fake))
    assert lab.ended("0.1")["outcome"] == "committed"
    assert lab.verdict(0).value == 42


def test_a_missing_interpreter_is_refused_by_name(lab):
    ended = lab.run("0.1", python="/nowhere/python")
    assert ended["outcome"] == "refused"
    assert "/nowhere/python" in ended["reason"]


def test_output_is_kept_up_to_its_limit(lab):
    lab.run("0.1", f"head -c 3000000 /dev/zero | tr '\\0' x; {NOOP}", log_limit=1000)
    log = (lab.attempt("0.1") / "output.log").read_text()
    assert log.startswith("x" * 1000 + "\n[heirloom: over 1000 bytes")
    assert len(log) < 1100
    assert lab.verdict(0).state == "succeeded"


def test_the_heartbeat_is_written_while_the_process_runs(lab):
    wait = 'while [ "$(cat ../0.1/heartbeat)" -lt 4 ]; do sleep 0.01; done; '
    assert lab.run("0.1", wait + NOOP, heartbeat=0.02)["outcome"] == "committed"
    assert int((lab.attempt("0.1") / "heartbeat").read_text()) >= 4


def test_spec_and_parameters_are_written_to_the_store(lab):
    lab.run("0.1", params={"a": [1, {"b": None}]})
    spec = json.loads((lab.attempt("0.1") / "spec.json").read_text())
    assert spec["params"] == {"a": [1, {"b": None}]}
    assert spec["attempt"] == "0.1"


def test_two_hundred_at_once_all_commit(lab):
    found = lab.start(*(lab.spec(f"{trial}.1") for trial in range(200)))
    assert found == ["started"] * 200
    outcomes = {lab.ended(f"{trial}.1")["outcome"] for trial in range(200)}
    assert outcomes == {"committed"}
    assert len(list((lab.root / "trials").iterdir())) == 200
