"""Metrics by name, from a trial's reports to the tables of a finished search."""

from __future__ import annotations

import csv
import io

from tests.integration.search.conftest import Lab

TRIAL = """
from heirloom import trial

x = trial.params["x"]
for step in range(1200):
    trial.report(x, step, loss=x - step, **({"val/f1": 0.5} if step % 400 == 0 else {}))
if x > 2:
    raise SystemExit("broken")
trial.finish(x, loss=x, latency=2 * x, note="a, b")
"""


def test_metrics_and_results_reach_tables_and_csv_and_failed_trials_are_retried(lab: Lab) -> None:
    lab.write("code/train.py", TRIAL)
    space = {"x": {"_type": "choice", "_value": [1, 2, 3]}}
    lab("run", lab.experiment("python train.py", search_space=space, tuner={"name": "grid"}))

    rows = list(csv.DictReader(io.StringIO(lab("trials", "search", "--csv", "--sort", "value"))))
    assert [row["x"] for row in rows] == ["2", "1", "3"]
    assert [row["latency"] for row in rows] == ["4", "2", ""]
    assert [row["result.loss"] for row in rows] == ["2", "1", ""]
    assert [float(row["metrics.loss"]) for row in rows] == [-1197, -1198, -1196]
    assert [row["val/f1"] for row in rows] == ["0.5"] * 3

    found = list(csv.DictReader(io.StringIO(lab("curves", "search", "2", "--csv"))))
    assert [int(row["step"]) for row in found] == list(range(1200))
    assert [float(row["loss"]) for row in found] == [3 - step for step in range(1200)]
    assert [row["step"] for row in found if row["val/f1"]] == ["0", "400", "800"]

    assert "will retry trial 2" in lab("retry", "search", "--state", "failed")
    lab("resume", "search")
    assert [trial["retry_of"] for trial in lab.trials()] == [None, None, None, 2]
