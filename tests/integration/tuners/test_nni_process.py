"""Tuners and assessors with NNI's interface, in the tuner's process."""

import json
import os
import time
from typing import Any

import psutil
import pytest

from controller.core.events import (
    Event,
    ProposalGivenUp,
    ProposalWithheld,
    Proposed,
    SearchEnded,
    StopAdvised,
    StopAsked,
    TunerReady,
)
from controller.tuners.calls import Call
from controller.tuners.pipe import TunerError
from controller.tuners.process import TunerProcess
from tests.integration.tuners.bench import PATIENCE, Bench, result

TUNER = """
import json, os, threading, time
import nni
from nni.tuner import Tuner

def note(*call):
    with open(os.path.join(os.path.dirname(__file__), "seen"), "a") as file:
        print(json.dumps(call), file=file)

class MyTuner(Tuner):
    def __init__(self, **args):
        self.args = args
        self.result = threading.Event()

    def update_search_space(self, search_space):
        note("space", search_space)

    def receive_trial_result(self, parameter_id, parameters, value, **kwargs):
        note("result", parameter_id, parameters, value, kwargs["trial_job_id"])
        self.result.set()

    def trial_end(self, parameter_id, success, **kwargs):
        note("end", parameter_id, success)

    def import_data(self, data):
        note("data", data)

    def load_checkpoint(self):
        note("load", os.path.basename(self.get_checkpoint_path()))

    def save_checkpoint(self):
        note("save")

    def _on_exit(self):
        note("exit")

    def _on_error(self):
        note("error")
"""
BLOCKS = """
    def generate_parameters(self, parameter_id, **kwargs):
        if parameter_id:
            self.result.wait()
        return {"n": parameter_id}
"""
ASSESSOR = """
from nni.assessor import Assessor, AssessResult
from my_tuner import note

class MyAssessor(Assessor):
    def assess_trial(self, trial_job_id, trial_history):
        note("assess", trial_job_id, trial_history)
        return AssessResult.Bad if trial_history[-1] == "bad" else AssessResult.Good

    def trial_end(self, trial_job_id, success):
        note("assessed", trial_job_id, success)
"""
ADVISOR = """
from nni.runtime.msg_dispatcher_base import MsgDispatcherBase

class MyTuner(MsgDispatcherBase):
    pass

class MyAssessor(MsgDispatcherBase):
    pass
"""


def start(
    bench: Bench,
    methods: str,
    assessor: str = "",
    setup: dict[str, Any] | None = None,
    **choice: Any,
) -> TunerProcess:
    (bench.directory / "my_tuner.py").write_text(TUNER + methods)
    directory = {"code_dir": str(bench.directory), "args": {}, "interface": "nni"}
    more: dict[str, Any] = {"experiment": "e-1", **(setup or {})}
    if assessor:
        (bench.directory / "my_assessor.py").write_text(assessor)
        more["assessor"] = {"class": "my_assessor.MyAssessor", **directory}
    return bench.start({"class": "my_tuner.MyTuner", **directory, **choice}, **more)


def seen(bench: Bench) -> list[Any]:
    """What the user's code noted, the search space left out."""
    file = bench.directory / "seen"
    noted = [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []
    return [call for call in noted if call[0] != "space"]


def ended(number: int, trial: int, **more: Any) -> dict[str, Any]:
    own: dict[str, Any] = {"params": {"n": number}, "parameter_id": number, "last": None}
    return result(trial, **(own | more))


def next_event(bench: Bench, kind: type[Event]) -> Any:
    event = bench.event()
    assert isinstance(event, kind), event
    return event


def proposed(bench: Bench, process: TunerProcess, trial: int, room: int = 1) -> Proposed:
    """Ask as the controller does, again whenever the tuner is ready."""
    process.propose(trial, room)
    while not isinstance(event := bench.event(), Proposed):
        if not isinstance(event, TunerReady):
            assert isinstance(event, ProposalWithheld)
            assert event.coming
            next_event(bench, TunerReady)
        process.propose(trial, room)
    return event


def test_children_wait_for_their_parents_result(bench: Bench) -> None:
    process = start(bench, BLOCKS, multi_thread=True)
    first = proposed(bench, process, 0, 4)
    assert (first.params, first.parents, first.token) == ({"n": 0}, (), 0)
    process.under_way(1)
    process.propose(1, 3)
    assert next_event(bench, ProposalWithheld).coming
    process.observe(ended(0, 0, result={"value": 1.0, "nni": {"default": 1, "md5": "it's"}}))
    got = [proposed(bench, process, trial, 4 - trial) for trial in (1, 2, 3)]
    assert sorted(event.token or 0 for event in got) == [1, 2, 3]
    assert process.may_be_parent([0, 1]).result(PATIENCE) == {0: False, 1: False}
    process.observe(ended(1, 7, value=None))
    process.close(PATIENCE)
    assert seen(bench) == [
        ["result", 0, {"n": 0}, {"default": 1, "md5": "it's"}, "e-1-0"],
        ["end", 0, True],
        ["save"],
        ["end", 1, False],
        ["exit"],
    ]


def test_the_result_of_a_failed_parent_reaches_its_child(bench: Bench) -> None:
    wakes = BLOCKS + (
        "    def trial_end(self, parameter_id, success, **kwargs):\n"
        "        if not success: self.result.set()\n"
    )
    process = start(bench, wakes, multi_thread=True)
    proposed(bench, process, 0, 2)
    process.under_way(1)
    process.propose(1, 1)
    assert next_event(bench, ProposalWithheld).coming
    process.observe(ended(0, 0, value=None))
    next_event(bench, TunerReady)
    assert proposed(bench, process, 1).token == 1


def test_a_call_that_blocks_forever_is_named_and_given_up(bench: Bench) -> None:
    process = start(bench, BLOCKS, multi_thread=True, patience=0.5)
    proposed(bench, process, 0, 2)
    process.under_way(1)
    process.propose(1, 1)
    assert next_event(bench, ProposalWithheld).coming
    given_up = next_event(bench, ProposalGivenUp)
    assert given_up.token == 1
    assert "was blocked at my_tuner.py:" in given_up.reason
    next_event(bench, TunerReady)
    process.propose(1, 1)
    assert not next_event(bench, ProposalWithheld).coming  # the trial may yet bring something about
    process.under_way(0)
    process.propose(1, 1)
    over = next_event(bench, SearchEnded)
    assert (over.error, over.reason) == (False, given_up.reason)


def test_a_long_call_is_named(bench: Bench) -> None:
    process = start(bench, BLOCKS, multi_thread=True)
    proposed(bench, process, 0, 3)
    process.propose(1, 2)
    end = time.monotonic() + PATIENCE
    while [call.count for call in process.long_calls] != [2]:
        assert time.monotonic() < end
        time.sleep(0.1)
    [call] = process.long_calls
    assert (call.what, call.parameter_id, call.is_still) == ("generate_parameters", 1, True)
    assert call.place.startswith("my_tuner.py:")
    assert time.monotonic() - call.since >= 10


FAILING = {
    "generate_parameters": "    def generate_parameters(self, parameter_id): return {}['x']\n",
    "receive_trial_result": (
        "    def generate_parameters(self, parameter_id): return {}\n"
        "    def receive_trial_result(self, parameter_id, parameters, value): return {}['x']\n"
    ),
    "assess_trial": "    def generate_parameters(self, parameter_id): return {}\n",
}


@pytest.mark.parametrize("where", FAILING)
def test_an_exception_ends_the_experiment_with_its_traceback(bench: Bench, where: str) -> None:
    assessor = ASSESSOR.replace('note("assess', '{}["x"]; note("assess')
    process = start(bench, FAILING[where], assessor=assessor)
    if where == "generate_parameters":
        process.propose(0)
    elif where == "receive_trial_result":
        process.observe(ended(0, 0))
    else:
        process.report(0, 1, [(0, 0.5)])
    error = bench.event()
    while not isinstance(error, SearchEnded):  # the answer that nothing is there yet
        error = bench.event()
    assert error.error
    assert f"raised KeyError: 'x' in {where} (my_" in error.reason
    head, frame, *_, last = error.traceback.splitlines()
    assert head == "Traceback (most recent call last):"
    assert str(bench.directory) in frame
    assert last == "KeyError: 'x'"
    assert "raised KeyError" in next_event(bench, StopAsked).reason
    assert ["error"] in seen(bench)
    assert ["exit"] not in seen(bench)


def test_an_exception_in_the_constructor(bench: Bench) -> None:
    bad = "    def update_search_space(self, search_space): {}['x']\n"
    process = start(bench, bad)
    with pytest.raises(TunerError, match=r"raised KeyError: 'x' \(my_tuner.py:") as raised:
        process.wait_ready(PATIENCE)
    assert raised.value.traceback.endswith("KeyError: 'x'\n")


def test_a_killed_process_ends_the_trials(bench: Bench) -> None:
    process = start(bench, "    def generate_parameters(self, parameter_id): os._exit(3)\n")
    process.propose(0)
    assert "ended with exit code 3" in next_event(bench, SearchEnded).reason
    next_event(bench, StopAsked)


def test_an_assessor_stops_a_hopeless_trial(bench: Bench) -> None:
    process = start(bench, BLOCKS, assessor=ASSESSOR, include_intermediate_results=True)
    process.report(0, 1, [(0, {"default": 1})])
    process.report(0, 1, [(1, "bad")])
    process.report(0, 1, [(2, "bad")])
    advice = next_event(bench, StopAdvised)
    assert (advice.trial, advice.number) == (0, 1)
    assert "hopeless at step 1" in advice.reason
    process.observe(ended(4, 0, value=None, state="stopped", last="bad"))
    process.close(PATIENCE)
    assert bench.posted.empty()
    noted = seen(bench)
    assert [call for call in noted if call[0].startswith("assess")] == [
        ["assess", "e-1-0", [{"default": 1}]],
        ["assess", "e-1-0", [{"default": 1}, "bad"]],
        ["assess", "e-1-0", [{"default": 1}, "bad", "bad"]],
        ["assessed", "e-1-0", False],
    ]
    assert [call for call in noted if not call[0].startswith("assess")] == [
        ["result", 4, {"n": 4}, "bad", "e-1-0"],
        ["end", 4, False],
        ["save"],
        ["exit"],
    ]


def test_a_resumed_search(bench: Bench) -> None:
    (bench.directory / "checkpoint").mkdir()
    data = [{"parameter": {"n": 0}, "value": 1.0}]
    setup = {
        "resume": {"data": data, "next": 2},
        "checkpoint": str(bench.directory / "checkpoint"),
    }
    process = start(bench, BLOCKS, assessor=ASSESSOR, setup=setup)
    differences = process.replay(
        [
            ("propose", 0, Proposed(at=0.0, trial=0, params={"n": 0}, token=0)),
            ("reports", 0, 1, [(0, 0.1)]),
            ("reports", 1, 1, [(0, 0.3)]),
            ("observe", ended(0, 0)),
        ]
    )
    assert differences == []
    process.report(1, 1, [(1, 0.4)])
    process.observe(ended(1, 1))
    assert proposed(bench, process, 2).token == 2
    process.close(PATIENCE)
    noted = seen(bench)
    assert noted[:2] == [["load", "checkpoint"], ["data", data]]
    assert ["assess", "e-1-1", [0.3, 0.4]] in noted
    assert [call[1] for call in noted if call[0] == "result"] == [1]
    assert not [call for call in noted if call[:2] == ["assessed", "e-1-0"]]


def test_a_built_in_assessor_beside_an_nni_tuner(bench: Bench) -> None:
    median = {"name": "median_stopping", "args": {"warmup": 1, "min_trials": 1}}
    process = start(bench, BLOCKS, setup={"assessor": median})
    before: list[Call] = [("reports", 0, 1, [(step, 0.9)]) for step in (1, 2)]
    assert process.replay([*before, ("observe", ended(0, 0))]) == []
    process.report(1, 1, [(1, 0.1)])
    process.report(1, 1, [(2, 0.1)])
    assert next_event(bench, StopAdvised).trial == 1


def test_two_hundred_proposals_wait_for_one_result(bench: Bench) -> None:
    pid = BLOCKS.replace('{"n": parameter_id}', '{"n": parameter_id, "pid": os.getpid()}')
    process = start(bench, pid, multi_thread=True)
    first = proposed(bench, process, 0, 201)
    process.under_way(1)
    process.propose(1, 200)
    assert next_event(bench, ProposalWithheld).coming
    host = psutil.Process(first.params["pid"])
    end = time.monotonic() + PATIENCE
    while host.num_threads() < 201:
        assert time.monotonic() < end
        time.sleep(0.1)
    assert host.memory_info().rss < 200e6
    process.observe(ended(0, 0))
    got = [proposed(bench, process, trial, 201 - trial) for trial in range(1, 201)]
    assert sorted(event.token or 0 for event in got) == [*range(1, 201)]


def test_printing_and_logging_go_to_the_log(bench: Bench) -> None:
    logs = (
        "    def generate_parameters(self, parameter_id):\n"
        "        import logging\n"
        "        logging.getLogger('mine').info('from a logger')\n"
        "        return {'mode': os.environ['NNI_MODE']}\n"
    )
    process = start(bench, logs)
    assert proposed(bench, process, 0).params == {"mode": "create"}
    process.close(PATIENCE)
    assert "from a logger" in bench.log.read_text()
    assert os.environ.get("NNI_MODE") is None


@pytest.mark.parametrize("assessor", ["", ASSESSOR])
def test_an_advisor_must_be_the_assessor_too(bench: Bench, assessor: str) -> None:
    start(bench, ADVISOR, assessor)
    assert "my_tuner.MyTuner is an advisor: name it as the assessor too" in bench.error()


def test_an_advisor_must_be_the_tuner_too(bench: Bench) -> None:
    start(bench, "", ADVISOR)
    assert "my_assessor.MyAssessor is an advisor: name it as the tuner too" in bench.error()
