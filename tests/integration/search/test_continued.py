"""A search that has finished goes on with a larger budget, and another starts from its weights."""

from __future__ import annotations

import json
import shutil
from typing import Any

from tests.integration.search.conftest import Lab

WAITS = """\
    import sys, time
    from pathlib import Path
    from heirloom import trial

    (trial.save_path / "w").write_text(f"{trial.params['x']}")
    if trial.params["x"] == 5:
        while not Path(sys.argv[1]).exists():
            time.sleep(0.02)
    trial.finish(trial.params["x"])
"""

INHERITS = """\
    from heirloom import trial

    generation = 0
    if trial.restore_path:
        path = trial.restore_path / "generation"
        generation = int(path.read_text()) + 1 if path.exists() else 1
    (trial.save_path / "generation").write_text(f"{generation}")
    trial.finish(trial.params["x"], generation=generation)
"""


def budget(lab: Lab) -> Any:
    return json.loads(lab("status", "search", "--json"))[0]["budget"]


def test_a_search_is_extended_when_it_has_finished_and_while_it_runs(lab: Lab) -> None:
    lab.write("code/train.py", WAITS)
    gate = lab.path / "gate"
    file = lab.experiment(
        ["python", "train.py", str(gate)],
        search_space={"x": {"_type": "choice", "_value": list(range(1, 8))}},
        tuner={"name": "grid"},
        budget={"trials": 2},
        keep="best 1",
    )
    lab("run", file)
    refused = lab("resume", "search", code=2)
    assert "extend its budget with `python -m controller resume search --trials +50`" in refused
    assert "already" in lab("resume", "search", "--trials", "2", code=2)
    with lab.start("resume", "search", "--trials", "+3") as running:
        lab.wait(lambda: len(lab.trials()) == 5, "the trials of the larger budget are proposed")
        said = lab("resume", "search", "--trials", "+9")
        assert "asked the controller of search for a budget of 14 trials" in said
        lab.wait(lambda: budget(lab)["trials"] == 14, "the budget is extended")
        gate.touch()
        output, _ = running.communicate(timeout=60)
    assert running.returncode == 0, output
    assert "the budget is extended: 5 trials" in output
    assert "no further trials: the grid is done" in output
    assert [trial["params"]["x"] for trial in lab.trials()] == list(range(1, 8))
    assert budget(lab) == {"trials": 14, "seconds": None, "used": 7}
    assert "14 trials, extended from 2 trials" in lab("status", "search")
    again = lab("resume", "search", "--trials", "+1")
    assert "no further trials: the grid is done" in again
    _a_successor_starts_from_its_weights(lab)


def _a_successor_starts_from_its_weights(lab: Lab) -> None:
    """The search has kept the weights of its best trial, which is trial 6."""
    lab.write("code/train.py", INHERITS)
    keys = {
        "name": "next",
        "search_space": {"x": {"_type": "choice", "_value": list(range(1, 8))}},
        "tuner": {"name": "evolution", "args": {"population": 1}},
        "budget": {"trials": 2},
    }
    removed = {"experiment": "search", "trials": [0, 6]}
    file = lab.experiment("python train.py", **keys, warm_start=removed)
    said = lab("check", file, code=2)
    assert said == (
        "error: warm_start: the weights of trial 0 of search were removed: name other trials\n"
    )
    file = lab.experiment("python train.py", **keys, warm_start={"experiment": "search"})
    said = lab("run", file)
    assert "only 1 trial of search can be imported, not 5" in said
    assert "importing trial 6 of search" in said
    imported, *trained = lab.trials("next")
    assert (imported["params"], imported["value"], imported["attempts"]) == ({"x": 7}, 7.0, [])
    assert imported["imported"]["trial"] == 6
    assert trained[0]["restored"] == [0]
    assert trained[0]["result"]["generation"] == 1
    assert len(trained) == 2
    lab("remove", "search", "--yes")
    assert "3 trials with" in lab("verify", "next")
    shutil.rmtree(lab.home / "experiments/next")
    lab("recover", "next")
    known = lab.trials("next")
    assert known[0]["imported"] == imported["imported"]
    assert [trial["restored"] for trial in known] == [[], *(t["restored"] for t in trained)]
