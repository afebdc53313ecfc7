"""A search that is killed and resumed is the search that it would have been, with each method."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.integration.search.conftest import Lab

# Its value is x. A child's weights are those of its parent, and a line more.
COMMAND = """
    x=$(sed 's/.*"x": *\\([^,}]*\\).*/\\1/' "$HEIRLOOM_PARAMS")
    if [ -n "$HEIRLOOM_RESTORE_PATH" ]; then
        cp "$HEIRLOOM_RESTORE_PATH/line" "$HEIRLOOM_SAVE_PATH/line" || exit 1
    fi
    echo "$x" >> "$HEIRLOOM_SAVE_PATH/line"
    echo "{\\"value\\": $x}" > "$HEIRLOOM_RESULT"
"""
IN_PARTS = {"resource": {"name": "epochs", "min": 1, "max": 4, "eta": 2}}
METHODS: dict[str, dict[str, Any]] = {
    "asha": IN_PARTS,
    "bohb": IN_PARTS,
    "evolution": {"tuner": {"name": "evolution", "args": {"population": 3, "sample": 2}}},
    "hyperband": IN_PARTS,
    "pbt": {"tuner": {"name": "pbt", "args": {"population": 3, "quantile": 0.4}}, **IN_PARTS},
    "random": {"inheritance": {"from": "nearest", "limit": 0.5}},
    "tpe": {"tuner": {"name": "tpe", "args": {"startup": 3}}},
}
WITH_PARENTS = METHODS.keys() - {"random", "tpe"}  # which the tuner names
TRIALS = 6


def experiment(lab: Lab, method: str, name: str) -> Path:
    """An experiment in which one trial runs at a time."""
    keys = {"tuner": {"name": method}, **METHODS[method]}
    lab.write("code/train.sh", COMMAND)
    budget = {"trials": TRIALS, "concurrency": 1}
    return lab.experiment("sh train.sh", name=name, budget=budget, **keys)


@pytest.mark.training
@pytest.mark.parametrize("method", METHODS)
def test_a_killed_search_proposes_what_an_undisturbed_one_does(lab: Lab, method: str) -> None:
    lab("run", experiment(lab, method, "whole"))
    lab.kill_after(2, "run", experiment(lab, method, "killed"))
    assert "the tuner now" not in lab("resume", "killed")
    whole, trials = lab.trials("whole"), lab.trials("killed")
    for key in ("params", "parents", "restored", "state", "value", "distance"):
        assert [trial[key] for trial in trials] == [trial[key] for trial in whole]
    assert [trial["state"] for trial in trials] == ["succeeded"] * TRIALS
    assert [len(trial["attempts"]) for trial in trials] == [1] * TRIALS
    assert any(trial["parents"] for trial in trials) == (method in WITH_PARENTS)
    assert any(trial["restored"] for trial in trials) == (method != "tpe")
