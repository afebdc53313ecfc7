"""A search from the experiment file to the report."""

from __future__ import annotations

import hashlib
import json
import signal
import textwrap
from pathlib import Path
from typing import Any

import pytest

from tests.integration.search.conftest import PATIENCE, Lab

WRITES = """
    import hashlib, os, time
    from heirloom import trial

    # Weights that tell of themselves whether they are whole.
    before = b""
    for path in trial.restore_paths:
        data = (path / "weights").read_bytes()
        assert hashlib.sha256(data[32:]).digest() == data[:32], "torn"
        before = data
    body = os.urandom(200_000)
    with (trial.save_path / "weights").open("wb") as file:
        file.write(hashlib.sha256(body).digest())
        for start in range(0, len(body), 50_000):
            file.write(body[start:start + 50_000])
            file.flush()
            time.sleep(0.02)
    trial.report(len(before), step=1)
    trial.finish(trial.params["x"], read=hashlib.sha256(before).hexdigest())
"""


def check_lineage(lab: Lab, count: int) -> None:
    """Every trial succeeded once, and every child read exactly what its parent committed."""
    root = lab.root()
    trials = lab.trials()
    assert [trial["id"] for trial in trials] == list(range(count))
    assert {trial["state"] for trial in trials} == {"succeeded"}
    assert sorted(int(path.name) for path in (root / "trials").iterdir()) == list(range(count))
    for trial in trials:
        assert all(parent < trial["id"] for parent in trial["parents"])
        manifest = json.loads((root / f"trials/{trial['id']}/manifest.json").read_text())
        [file] = manifest["files"]
        data = (Path(trial["weights"]) / "weights").read_bytes()
        assert f"sha256:{hashlib.sha256(data).hexdigest()}" == file["digest"]
        read = b""
        for parent in trial["parents"]:
            read = (root / f"trials/{parent}/weights/weights").read_bytes()
        assert trial["result"]["read"] == hashlib.sha256(read).hexdigest()


def test_children_inherit_weights_and_the_output_shows_it(lab: Lab) -> None:
    lab.write("code/train.py", WRITES)
    file = lab.experiment(
        "python train.py",
        tuner={"name": "evolution", "args": {"population": 4, "sample": 2}},
        budget={"trials": 14},
        lookahead=6,
    )
    output = lab("run", file)
    assert "14 succeeded" in output
    check_lineage(lab, 14)
    trials = lab.trials()
    assert sum(1 for trial in trials if trial["parents"]) >= 5
    for trial in trials:
        assert trial["proposed_at"] <= trial["started_at"] <= trial["ended_at"]
        assert trial["node"] == "localhost"
    assert (lab.home / "experiments/search/report.html").stat().st_size > 100_000
    assert "finished" in lab("status")
    best = max(trials, key=lambda trial: trial["value"])
    assert f"(trial {best['id']})" in lab("status", "search")
    assert "committed" in lab("show", "search", str(best["id"]))
    assert "has ended already" in lab("stop", "search", code=2)


def test_run_again_takes_the_next_name(lab: Lab) -> None:
    file = lab.experiment("echo '{\"value\": 1}' > $HEIRLOOM_RESULT", budget={"trials": 2})
    lab("run", file)
    lab("run", file)
    assert [path.name for path in sorted((lab.home / "experiments").iterdir())] == [
        "search",
        "search-2",
    ]
    assert "already an experiment named search" in lab("run", file, "--name", "search", code=2)


ENDS = {
    "exits": ("failed", "exit code 3: a last word"),
    "silent": ("failed", "reported no result"),
    "nan": ("failed", "not finite: NaN"),
    "text": ("failed", 'is not a number: "high"'),
    "hangs": ("failed", "timeout"),
    "lingers": ("succeeded", ""),
    "floods": ("succeeded", ""),
    "shot": ("failed", "SIGKILL"),
}
CASES = """
    import json, os, signal, subprocess, sys, time

    def result(value):
        with open(os.environ["HEIRLOOM_RESULT"], "w") as file:
            file.write(json.dumps({"value": value}))

    case = json.load(open(os.environ["HEIRLOOM_PARAMS"]))["case"]
    if case == "exits":
        sys.exit(print("a last word") or 3)
    elif case == "nan":
        result(float("nan"))
    elif case == "text":
        result("high")
    elif case == "hangs":
        time.sleep(600)
    elif case == "lingers":
        subprocess.Popen(["sleep", "600"], start_new_session=True)
        result(1)
    elif case == "floods":
        for _ in range(4000):
            print("x" * 1000)
        result(1)
    elif case == "shot":
        os.kill(os.getpid(), signal.SIGKILL)
"""


def test_every_end_has_a_state_and_a_reason(lab: Lab) -> None:
    lab.write("code/case.py", CASES)
    file = lab.experiment(
        ["python", "case.py"],
        search_space={"case": {"_type": "choice", "_value": list(ENDS)}},
        tuner={"name": "grid"},
        budget={"trials": 100},
        trial={"timeout": "4s", "grace": "1s", "log_limit": "1MB"},
        lookahead=8,
    )
    lab("run", file)
    trials = lab.trials()
    assert len(trials) == len(ENDS)
    for trial in trials:
        state, reason = ENDS[trial["params"]["case"]]
        assert trial["state"] == state, trial
        assert reason in trial["reason"]
        assert reason in " ".join(lab("show", "search", str(trial["id"])).split())
    floods = next(trial for trial in trials if trial["params"]["case"] == "floods")
    log = lab.root() / f"attempts/{floods['id']}.1/output.log"
    assert 900_000 < log.stat().st_size < 1_200_000
    assert not [p for p in lab.leftovers() if p.name() == "sleep"]


def test_failed_trials_are_retried_and_their_children_answered(lab: Lab) -> None:
    lab.write(
        "code/tuner.py",
        """
        from heirloom.tuners import Proposal, SearchFinished, Tuner

        class Family(Tuner):
            \"\"\"One parent, and children proposed before it has ended.\"\"\"

            def __init__(self, space, *, seed, maximize):
                self.ended = {}

            def propose(self, trial_id):
                if trial_id == 4:
                    raise SearchFinished("that was the family")
                return Proposal({"trial": trial_id}, parents=[0] if trial_id else [])

            def observe(self, result):
                self.ended[result.trial_id] = result.state
                print(self.ended)
        """,
    )
    command = "sleep 1; exit 1"
    tuner = {"class": "tuner.Family", "code_dir": "code"}
    lab("run", lab.experiment(command, tuner=tuner, trial={"retries": 1}), code=1)
    trials = lab.trials()
    assert [trial["state"] for trial in trials] == ["failed", "skipped", "skipped", "skipped"]
    assert len(trials[0]["attempts"]) == 2
    assert "its parent 0 failed" in trials[1]["reason"]
    assert "3: 'skipped'" in (lab.home / "experiments/search/tuner.log").read_text()


def test_a_failed_tuner_ends_the_search_only(lab: Lab) -> None:
    lab.write(
        "code/tuner.py",
        """
        from heirloom.tuners import Proposal, Tuner

        class Broken(Tuner):
            def __init__(self, space, *, seed, maximize):
                pass

            def propose(self, trial_id):
                return Proposal({"x": [1][trial_id - 1]}) if trial_id else Proposal({"x": 0})

            def observe(self, result):
                raise KeyError("lost")
        """,
    )
    file = lab.experiment(
        "echo '{\"value\": 1}' > $HEIRLOOM_RESULT",
        tuner={"class": "tuner.Broken", "code_dir": "code"},
        budget={"trials": 6},
    )
    output = lab("run", file, code=1)
    assert "KeyError: 'lost'" in output or "IndexError" in output
    assert "tuner.py:" in output
    assert all(trial["state"] == "succeeded" for trial in lab.trials())
    assert "failed" in lab("status", "search")


BAD: dict[str, tuple[str, str | dict[str, Any]]] = {
    "no such file": ("run", "nothing.yml"),
    "did you mean trials?": ("run", {"budget": {"trails": 3}}),
    "unifrom": ("run", {"search_space": {"x": {"_type": "unifrom", "_value": [0, 1]}}}),
    "evolution": ("run", {"tuner": {"name": "evolutoin"}}),
    "MissingTuner": ("run", {"tuner": {"class": "tuner.MissingTuner", "code_dir": "code"}}),
    "/proc/nowhere": ("run", {"store": "/proc/nowhere"}),
    "trial_nodes": ("run", {"inventory": "empty.yml"}),
    "no experiment named": ("resume", "other"),
}


@pytest.mark.parametrize("message", BAD)
def test_bad_input_gives_one_error_line(lab: Lab, message: str) -> None:
    lab.write("code/tuner.py", "class Tuner: pass\n")
    lab.write("empty.yml", "all:\n  hosts:\n    a:\n")
    command, what = BAD[message]
    if isinstance(what, dict):
        output = lab(command, lab.experiment("true", **what), code=2)
    else:
        output = lab(command, what, code=2)
    assert message in output
    assert "error" in output
    experiments = lab.home / "experiments"
    assert not experiments.exists() or not list(experiments.iterdir())
    assert not list((lab.home / "store").glob("*/*"))


def test_check_shows_what_would_run(lab: Lab) -> None:
    output = lab("check", lab.experiment("python train.py"))
    assert 'candidate 2: {"x": 0.' in output
    assert not (lab.home / "experiments").exists()
    assert json.loads(lab("check", "--schema"))["properties"]["trial"]


def test_cancel_retry_stop_and_a_second_controller(lab: Lab) -> None:
    lab.write("code/wait.sh", "while [ ! -e go ]; do sleep 0.1; done\n")
    (lab.path / "go").unlink(missing_ok=True)
    command = textwrap.dedent(f"""
        while [ ! -e '{lab.path}/go' ]; do sleep 0.1; done
        echo '{{"value": 1}}' > "$HEIRLOOM_RESULT"
    """)
    file = lab.experiment(command, budget={"trials": 3, "concurrency": 3})
    running = lab.start("run", file)

    def count(state: str) -> int:
        journal = lab.home / "experiments/search/journal.db"
        return sum(t["state"] == state for t in lab.trials()) if journal.exists() else 0

    lab.wait(lambda: count("running") == 2, "two trials that run")
    assert "already run by another controller" in lab("resume", "search", code=2)
    lab("cancel", "search", "0")
    lab.wait(lambda: count("cancelled") == 1, "a cancelled trial")
    lab.wait(lambda: count("running") == 2, "the slot is given to the next trial")
    lab("retry", "search", "0")
    # The cancelled trial uses up nothing of the budget: another one is proposed for it.
    lab.wait(lambda: len(lab.trials()) == 5, "another trial and the retried one")
    assert {trial["retry_of"] for trial in lab.trials()[3:]} == {None, 0}
    lab("stop", "search")
    output, _ = running.communicate(timeout=PATIENCE)
    assert running.returncode == 130, output
    assert count("cancelled") == 5
    assert not [p for p in lab.leftovers() if p.name() in ("sleep", "sh")]
    # A stopped search goes on when it is resumed, with what is left of its budget.
    (lab.path / "go").touch()
    assert "3 succeeded" in lab("resume", "search")


def test_a_controller_that_left_is_resumed(lab: Lab) -> None:
    lab.write("code/train.py", WRITES)
    file = lab.experiment("python train.py", budget={"trials": 8})
    with lab.start("run", file) as left:
        journal = lab.home / "experiments/search/journal.db"
        lab.wait(lambda: journal.exists() and len(lab.trials()) > 3, "some trials")
        left.send_signal(signal.SIGTERM)
        output, _ = left.communicate(timeout=PATIENCE)
    assert left.returncode == 130
    assert "resume search" in output
    lab.write("code/train.py", "raise SystemExit('changed')")
    assert "has changed since" in lab("resume", "search")
    check_lineage(lab, 8)


def test_remove_deletes_an_experiment(lab: Lab) -> None:
    file = lab.experiment("echo '{\"value\": 1}' > $HEIRLOOM_RESULT", budget={"trials": 2})
    lab("run", file)
    root = lab.root()
    lab("remove", "search", code=1)  # nobody there to say yes
    assert root.exists()
    assert "removed search" in lab("remove", "search", "--yes")
    assert not root.exists()
    assert not list((lab.home / "experiments").iterdir())
    assert not (lab.home / "run" / root.name).exists()
