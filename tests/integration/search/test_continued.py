"""A search that has finished goes on with a larger budget."""

from __future__ import annotations

import json
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
