"""Searches with tuners, assessors and trials as NNI's documentation writes them."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import psutil
import pytest
import yaml

from tests.integration.search.conftest import PATIENCE, Lab

TRIAL = """
    import nni

    params = nni.get_next_parameter()
    if params.get("fails"):
        raise SystemExit(3)
    nni.report_final_result(params["n"])
"""
TUNER = """
    import json, os, threading, time
    import nni
    from nni.tuner import Tuner

    _HERE = os.path.dirname(__file__)

    def note(*call):
        with open(os.path.join(_HERE, "seen"), "a") as file:
            print(json.dumps(call), file=file)

    class Noting(Tuner):
        def __init__(self):
            self.woken = threading.Event()

        def update_search_space(self, search_space):
            note("space", search_space)

        def receive_trial_result(self, parameter_id, parameters, value, **kwargs):
            note("result", parameter_id, parameters, value)
            if parameter_id == 0:
                self.woken.set()

        def trial_end(self, parameter_id, success, **kwargs):
            note("end", parameter_id, success)

        def import_data(self, data):
            note("data", data)

        def _on_exit(self):
            note("exit")

        def _on_error(self):
            note("error")

    class Family(Noting):
        \"\"\"Children wait for their parent's result.\"\"\"

        def generate_parameters(self, parameter_id, **kwargs):
            if parameter_id > 0:
                self.woken.wait()
            return {"n": parameter_id}

    class Orphans(Family):
        \"\"\"The parent fails, and its end wakes the children that wait for it.\"\"\"

        def generate_parameters(self, parameter_id, **kwargs):
            made = super().generate_parameters(parameter_id, **kwargs)
            return {**made, "fails": parameter_id == 0}

        def trial_end(self, parameter_id, success, **kwargs):
            super().trial_end(parameter_id, success, **kwargs)
            self.woken.set()

    class Stuck(Noting):
        \"\"\"All proposals but the first never return.\"\"\"

        def generate_parameters(self, parameter_id, **kwargs):
            while parameter_id > 0:
                time.sleep(1)
            return {"n": 0}

    class Raising(Noting):
        \"\"\"Raises at its first result.\"\"\"

        def generate_parameters(self, parameter_id, **kwargs):
            return {"n": parameter_id}

        def receive_trial_result(self, parameter_id, parameters, value, **kwargs):
            raise ValueError("checksums differ: %s" % value)

    class Counting(Noting):
        def generate_parameters(self, parameter_id, **kwargs):
            return {"n": parameter_id}
"""


def search(
    lab: Lab, tuner: str, trial: str = TRIAL, choice: dict[str, Any] | None = None, **more: Any
) -> Path:
    """An experiment file; its trials have two slots, which nobody else takes."""
    lab.write("code/train.py", trial)
    lab.write("tuner/my_tuner.py", TUNER)
    here = {
        "ansible_connection": "local",
        "heirloom_slots": 2,
        "heirloom_run_dir": str(lab.home / "run"),
    }
    lab.write("hosts.yml", yaml.safe_dump({"trial_nodes": {"hosts": {"localhost": here}}}))
    own = {"class": f"my_tuner.{tuner}", "code_dir": "tuner", "interface": "nni", **(choice or {})}
    return lab.experiment("python train.py", tuner=own, inventory="hosts.yml", **more)


def seen(lab: Lab, *kinds: str) -> list[Any]:
    """What the user's code noted."""
    file = lab.path / "tuner/seen"
    noted = [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []
    return [call for call in noted if call[0] in kinds]


def ended(lab: Lab, *args: Any) -> tuple[int, str]:
    """Run a command that shows a traceback; its exit code and output."""
    with lab.start(*args) as process:
        output, _ = process.communicate(timeout=PATIENCE)
    return process.returncode, output


def numbers(lab: Lab) -> list[int]:
    """The parameter ids of the trials, by trial."""
    with sqlite3.connect(lab.home / "experiments/search/journal.db") as journal:
        rows = journal.execute("SELECT body FROM events WHERE kind='proposed' ORDER BY seq")
        found = [json.loads(body)["token"] for (body,) in rows]
    journal.close()
    return found


def test_children_wait_for_their_parent_with_few_slots(lab: Lab) -> None:
    budget = {"trials": 8, "concurrency": 6}
    output = lab("run", search(lab, "Family", choice={"multi_thread": True}, budget=budget))
    assert "8 succeeded" in output
    assert numbers(lab)[0] == 0
    assert sorted(numbers(lab)) == [*range(8)]
    results = seen(lab, "result")
    assert results[0] == ["result", 0, {"n": 0}, 0]
    assert sorted(call[1] for call in results) == [*range(8)]
    assert all(params == {"n": number} for _, number, params, _ in results)
    assert seen(lab, "exit", "error") == [["exit"]]
    assert seen(lab, "space") == [["space", {"x": {"_type": "uniform", "_value": [0, 1]}}]]


def test_children_of_a_failed_parent_are_answered(lab: Lab) -> None:
    budget = {"trials": 4, "concurrency": 4}
    lab("run", search(lab, "Orphans", choice={"multi_thread": True}, budget=budget))
    assert [trial["state"] for trial in lab.trials()] == ["failed"] + ["succeeded"] * 3
    assert ["end", 0, False] in seen(lab, "end")
    assert 0 not in [call[1] for call in seen(lab, "result")]


def test_a_tuner_that_blocks_forever_ends_the_search_with_a_reason(lab: Lab) -> None:
    choice = {"multi_thread": True, "patience": "2s"}
    output = lab("run", search(lab, "Stuck", choice=choice, budget={"trials": 9, "concurrency": 4}))
    assert [trial["state"] for trial in lab.trials()] == ["succeeded"]
    assert "proposal 1 was given up: it was blocked at my_tuner.py:" in output
    assert "no further trials: proposal" in output


def test_without_threads_a_tuner_is_called_one_at_a_time(lab: Lab) -> None:
    lab("run", search(lab, "Counting", budget={"trials": 5, "concurrency": 3}))
    assert numbers(lab) == [*range(5)]
    assert len(seen(lab, "result")) == 5


def test_an_exception_stops_the_trials_and_shows_the_traceback(lab: Lab) -> None:
    slow = TRIAL.replace("nni.report", 'params["n"] and __import__("time").sleep(600); nni.report')
    code, output = ended(
        lab, "run", search(lab, "Raising", slow, budget={"trials": 9, "concurrency": 3})
    )
    assert code == 1, output
    assert "Traceback (most recent call last):" in output
    assert 'tuner/my_tuner.py", line' in output
    assert "ValueError: checksums differ: 0" in output
    states = [trial["state"] for trial in lab.trials()]
    assert states[0] == "succeeded"
    assert set(states[1:]) == {"cancelled"}
    assert not [p for p in lab.leftovers() if "train.py" in " ".join(p.cmdline())]
    assert seen(lab, "exit", "error") == [["error"]]
    assert "failed" in lab("status", "search")


ASSESSOR = """
    from nni.assessor import Assessor, AssessResult

    class Impatient(Assessor):
        def __init__(self, most):
            self.most = most

        def assess_trial(self, trial_job_id, trial_history):
            assert [value["default"] for value in trial_history] == [*range(len(trial_history))]
            good = len(trial_history) < self.most
            return AssessResult.Good if good else AssessResult.Bad
"""
REPORTING = """
    import os, time
    import nni

    params = nni.get_next_parameter()
    for step in range(600 if params["n"] else 1):
        nni.report_intermediate_result({"default": step})
        time.sleep(0.2)
    nni.report_final_result(params["n"])
"""


@pytest.mark.parametrize("tells", [False, True])
def test_an_assessor_stops_a_trial_on_its_node(lab: Lab, tells: bool) -> None:
    lab.write("tuner/my_assessor.py", ASSESSOR)
    assessor = {
        "class": "my_assessor.Impatient",
        "code_dir": "tuner",
        "interface": "nni",
        "args": {"most": 3},
    }
    file = search(
        lab,
        "Counting",
        REPORTING,
        assessor=assessor,
        budget={"trials": 2},
        choice={"include_intermediate_results": tells},
    )
    output = lab("run", file)
    assert [trial["state"] for trial in lab.trials()] == ["succeeded", "stopped"]
    assert "the assessor called it hopeless at step 2" in output
    assert not [p for p in lab.leftovers() if "train.py" in " ".join(p.cmdline())]
    results = {call[1]: call[3] for call in seen(lab, "result")}
    assert results[0] == 0
    assert sorted(results) == ([0, 1] if tells else [0])
    if tells:
        assert results[1]["default"] >= 2
    assert sorted(seen(lab, "end")) == [["end", 0, True], ["end", 1, False]]


GATED = """
    import os, time
    import nni

    n = nni.get_next_parameter()["n"]
    while n == 2 and not os.path.exists({go!r}):
        time.sleep(0.05)
    nni.report_final_result(n)
"""


def test_a_killed_search_is_resumed_with_its_results(lab: Lab) -> None:
    go = lab.path / "go"
    file = search(lab, "Counting", GATED.format(go=str(go)), budget={"trials": 6, "concurrency": 1})
    with lab.start("run", file) as process:
        lab.wait(lambda: len(seen(lab, "result")) == 2, "two results")
        journal = lab.home / "experiments/search/journal.db"
        lab.wait(lambda: journal.exists() and len(numbers(lab)) == 3, "the third trial")
        lab.wait(lambda: lab.trials()[2]["state"] == "running", "that it runs")
        process.kill()
        process.communicate(timeout=PATIENCE)
    lab.wait(lambda: not _hosts(lab), "the tuner's process ends")
    (lab.path / "tuner/seen").unlink()
    with lab.start("resume", "search") as process:
        lab.wait(lambda: bool(seen(lab, "data")), "the tuner is made anew")
        go.touch()
        output, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, output
    assert numbers(lab) == [*range(6)]
    [[_, data]] = seen(lab, "data")
    assert data == [{"parameter": {"n": n}, "value": n} for n in (0, 1)]
    assert [call[1:] for call in seen(lab, "result")] == [[n, {"n": n}, n] for n in range(2, 6)]
    assert [trial["state"] for trial in lab.trials()] == ["succeeded"] * 6


def _hosts(lab: Lab) -> list[psutil.Process]:
    return [process for process in lab.leftovers() if _is_host(process)]


def _is_host(process: psutil.Process) -> bool:
    try:
        return any(word.endswith("tuners/process/bootstrap.py") for word in process.cmdline())
    except psutil.Error:  # it ended after it was listed
        return False


def test_no_experiment_is_left_if_the_tuner_cannot_start(lab: Lab) -> None:
    file = search(lab, "Counting", choice={"args": {"unknown": 1}})
    code, output = ended(lab, "run", file)
    assert code == 2
    assert "the tuner cannot be started: tuner Counting raised TypeError" in output
    assert list((lab.home / "experiments").iterdir()) == []
