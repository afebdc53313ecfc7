"""Whose weights trials start from, and the last trials of a search, in a real one."""

import json

from tests.integration.search.conftest import Lab

TUNER = """
from heirloom.tuners import Proposal, Tuner

class Steps(Tuner):
    lookahead = 0

    def __init__(self, space, *, seed, maximize):
        self.results = []

    def propose(self, trial_id):
        return Proposal({"x": [0.0, 0.8, 0.7][trial_id]})

    def observe(self, result):
        self.results.append(result)

    def conclude(self):
        best = max(self.results, key=lambda result: result.metrics["depth"])
        return [Proposal({"x": 0.7, "restored": list(best.restored)}, [best.trial_id])]
"""
COMMAND = (
    'echo weights > "$HEIRLOOM_SAVE_PATH/w"; '
    'depth=1$(tr -dc 0-9 < "$HEIRLOOM_PARAMS"); '
    'echo "{\\"value\\": 1, \\"depth\\": $depth}" > "$HEIRLOOM_RESULT"'
)


def test_nearest_parents_and_last_trials(lab: Lab) -> None:
    lab.write("code/tuner.py", TUNER)
    file = lab.experiment(
        COMMAND,
        search_space={"x": {"_type": "uniform", "_value": [0, 1]}},
        tuner={"class": "tuner.Steps", "code_dir": "code"},
        budget={"trials": 3, "concurrency": 1},
        inheritance={"from": "nearest", "limit": 0.4},
    )
    lab("run", file)
    trials = lab.trials()
    assert [trial["restored"] for trial in trials] == [[], [], [1], [1]]
    assert [trial["parents"] for trial in trials] == [[], [], [], [1]]
    assert trials[2]["distance"] == 0.1
    assert trials[3]["params"]["restored"] == []
    assert "starts from 1, at a distance of 0.1" in lab("show", "search", "2")
    [status] = json.loads(lab("status", "search", "--json"))
    assert status["budget"]["used"] == 3
