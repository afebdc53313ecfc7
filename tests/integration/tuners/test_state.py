"""The state of a tuner travels between two processes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from controller.core.events import Proposed, StopAdvised
from tests.integration.tuners.bench import PATIENCE, Bench, proposing, result

EVOLUTION: dict[str, Any] = {"name": "evolution", "args": {"population": 2, "sample": 2}}
REASONS = {
    "None": "it has none",
    "{'best': float('nan')}": "state['best'] is nan: state must be finite",
    "{'seen': {1, 2}}": "state['seen'] is a set, which is not plain JSON",
    "{1: 'a'}": "state has the key 1: keys must be text",
    "'a' * 2**24": "it takes 16777218 bytes, and 16777216 are possible",
    "(x := [], x.append(x), x)[2]": "its method state raised RecursionError",
    "1 / 0": "its method state raised ZeroDivisionError: division by zero",
}


def proposed(bench: Bench) -> Any:
    event = bench.event()
    assert isinstance(event, Proposed)
    return event.params, event.parents


def test_another_process_goes_on_from_the_state(bench: Bench) -> None:
    first = bench.start(EVOLUTION)
    for trial in range(4):
        first.propose(trial)
        params, _ = proposed(bench)
        if trial < 3:
            first.observe(result(trial, trial / 4, params=params))
    saved = json.loads(json.dumps(first.state().result(PATIENCE)))
    assert saved["reason"] == ""
    second = bench.start(EVOLUTION)
    assert second.load_state(saved) == ""
    assert second.state().result(PATIENCE) == saved
    first.propose(4)
    expected = proposed(bench)
    second.propose(4)
    assert proposed(bench) == expected
    assert expected[1]


@pytest.mark.parametrize("state", REASONS)
def test_a_tuner_without_a_state_goes_on(bench: Bench, state: str) -> None:
    body = proposing("return Proposal({'x': 1})") + f"    def state(self): return {state}\n"
    process = bench.own(body)
    saved = process.state().result(PATIENCE)
    assert saved["state"] is None
    assert saved["reason"].startswith(REASONS[state])
    process.propose(0)
    assert proposed(bench) == ({"x": 1}, ())
    assert "has no state: " in process.load_state(saved)


def test_a_state_that_does_not_fit_is_refused(bench: Bench) -> None:
    process = bench.start(EVOLUTION)
    saved = process.state().result(PATIENCE)
    other: Any = {**saved, "tuner": "tuner random"}
    refused = "this is the state of tuner random, and not of tuner evolution"
    assert process.load_state(other) == refused
    wrong: Any = {**saved, "state": {}}
    assert process.load_state(wrong).startswith("tuner evolution raised KeyError in load_state")
    foreign: Any = [1]
    assert process.load_state(foreign) == "this is not the state of a tuner"


def test_a_tuner_whose_code_has_changed_does_not_go_on(bench: Bench) -> None:
    body = proposing("return Proposal({'x': 1})") + "    def state(self): return 1\n"
    body += "    def load_state(self, state): pass\n"
    saved = bench.own(body).state().result(PATIENCE)
    assert bench.own(body).load_state(saved) == ""
    changed = bench.own(body + "# another comment\n").load_state(saved)
    assert changed.endswith("has changed since its state was saved")


def test_the_assessor_goes_on_too(bench: Bench) -> None:
    assessor = {"name": "median_stopping", "args": {"min_trials": 1}}
    first = bench.start({"name": "random"}, assessor=assessor)
    first.report(0, 1, [(step, 0.5) for step in range(3)])
    first.observe(result(0))
    first.report(1, 1, [(0, 0.1)])
    saved = json.loads(json.dumps(first.state().result(PATIENCE)))
    assert saved["assessor"]["reports"] == [[1, [[1, [[0], [0.1], False]]]]]
    second = bench.start({"name": "random"}, assessor=assessor)
    assert second.load_state(saved) == ""
    assert second.state().result(PATIENCE) == saved
    second.report(1, 1, [(1, 0.2)])
    event = bench.event()
    assert isinstance(event, StopAdvised)
    assert (event.trial, event.number) == (1, 1)


def test_an_assessor_without_a_state_says_so(bench: Bench) -> None:
    (bench.directory / "mine.py").write_text(
        "from heirloom.assessors import Assessor\n"
        "class Mine(Assessor):\n"
        "    def __init__(self, *, maximize): pass\n"
        "    def assess(self, trial_id, history): return True\n"
    )
    assessor = {"class": "mine.Mine", "code_dir": str(bench.directory), "args": {}}
    saved = bench.start(EVOLUTION, assessor=assessor).state().result(PATIENCE)
    assert (saved["state"], saved["assessor"]) == (None, None)
    assert saved["reason"] == "assessor Mine: it has none"
