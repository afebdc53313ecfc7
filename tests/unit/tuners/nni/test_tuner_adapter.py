"""Calls of a user's tuner."""

from queue import SimpleQueue
from typing import Any, cast

import pytest

import nni
from heirloom.tuners.interface import Result
from heirloom.tuners.nni.tuner import NniTuner, call_hook
from heirloom.tuners.process.protocol import Choice
from nni.tuner import Tuner as Users
from tests.unit.tuners.nni.calling import PATIENCE, until


class Plain(Users):
    """Written as NNI's documentation has it, and it notes every call."""

    def __init__(self):
        self.seen = []

    def update_search_space(self, search_space):
        self.seen.append(("space", search_space))

    def generate_parameters(self, parameter_id, **kwargs):
        return {"n": parameter_id}

    def receive_trial_result(self, parameter_id, parameters, value, **kwargs):
        self.seen.append(("result", parameter_id, parameters, value, kwargs))

    def trial_end(self, parameter_id, success, **kwargs):
        self.seen.append(("end", parameter_id, success, kwargs))

    def import_data(self, data):
        self.seen.append(("data", data))

    def load_checkpoint(self):
        self.seen.append(("load",))

    def save_checkpoint(self):
        self.seen.append(("save",))


class Old(Plain):
    """Without **kwargs anywhere, as in NNI's first releases."""

    def generate_parameters(self, parameter_id):  # type: ignore[override] # no **kwargs
        return {"n": parameter_id}

    def receive_trial_result(self, parameter_id, parameters, value):  # type: ignore[override] # no **kwargs
        self.seen.append(("result", parameter_id, parameters, value))

    def trial_end(self, parameter_id, success):  # type: ignore[override] # no **kwargs
        self.seen.append(("end", parameter_id, success))


def adapter(users, broken=None, resume=None, **choice):
    broken = broken or SimpleQueue()
    return NniTuner(
        users,
        {"x": 1},
        choice=cast("Choice", choice),
        experiment="e-1",
        resume=resume,
        code_dirs=[__file__],
        notify=lambda notice: None,
        failed=lambda error, method: broken.put((error, method)),
    )


def proposed(tuner, room=1):
    answers = []
    until(lambda: answers.append(tuner.propose(0, room)) or answers[-1] != {"coming": True})
    return answers[-1]


def result(number, state="succeeded", **more):
    value = 0.5 if state == "succeeded" else None
    given = {"trial_id": number + 10, "state": state, "value": value, "params": {"n": number}}
    return Result(**{**given, "parameter_id": number, **more})


def calls_after(users, tuner, *results):
    """What the tuner's methods were called with for these results, in order."""
    del users.seen[:]
    for one in results:
        tuner.observe(one)
    tuner.close(PATIENCE)
    return users.seen


def test_calls_of_a_new_search():
    users = Plain()
    tuner = adapter(users)
    assert users.seen == [("space", {"x": 1})]
    assert proposed(tuner) == {"params": {"n": 0}, "parents": [], "parameter_id": 0}
    more = {"trial_job_id": "e-1-10"}
    assert calls_after(users, tuner, result(0)) == [
        ("result", 0, {"n": 0}, 0.5, {"customized": False, **more}),
        ("end", 0, True, more),
        ("save",),
    ]


def test_calls_of_a_resumed_search():
    users = Plain()
    data = [{"parameter": {"n": 3}, "value": {"default": 1}}]
    tuner = adapter(users, resume={"data": data, "next": 4})
    assert users.seen == [("load",), ("space", {"x": 1}), ("data", data)]
    assert proposed(tuner)["parameter_id"] == 4
    assert calls_after(users, tuner, result(1))[0][:4] == ("result", 1, {"n": 1}, 0.5)


def test_methods_without_kwargs_get_no_extra_arguments():
    users = Old()
    tuner = adapter(users)
    assert proposed(tuner)["params"] == {"n": 0}
    ended = calls_after(users, tuner, result(0), result(1, "failed"))
    assert ended == [("result", 0, {"n": 0}, 0.5), ("end", 0, True), ("save",), ("end", 1, False)]


@pytest.mark.parametrize("state", ["failed", "skipped", "cancelled", "stopped"])
def test_trials_that_did_not_succeed_have_no_result(state):
    users = Old()
    assert calls_after(users, adapter(users), result(0, state, last=0.3)) == [("end", 0, False)]


def test_last_report_of_a_stopped_trial_is_its_result_if_configured():
    users = Old()
    tuner = adapter(users, include_intermediate_results=True)
    stopped = result(0, "stopped", last={"default": 0.3})
    assert calls_after(users, tuner, stopped, result(1, "stopped")) == [
        ("result", 0, {"n": 0}, {"default": 0.3}),
        ("end", 0, False),
        ("save",),
        ("end", 1, False),
    ]


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"value": 0.5, "result": {"value": 0.5, "note": 1}}, 0.5),
        (
            {"value": 0.5, "result": {"value": 0.5, "nni": {"default": 0.5, "a": 1}}},
            {"default": 0.5, "a": 1},
        ),
        ({"value": None, "result": {"value": None, "nni": {"md5": "it's"}}}, {"md5": "it's"}),
        ({"value": None, "result": None}, None),
    ],
)
def test_value_is_passed_as_reported(more, expected):
    users = Old()
    seen = calls_after(users, adapter(users), result(0, **more))
    assert [call[3] for call in seen if call[0] == "result"] == (
        [] if expected is None else [expected]
    )
    assert ("end", 0, True) in seen


def test_result_has_the_proposed_object_itself():
    users: Any = Old()
    users.generate_parameters = lambda parameter_id: users.__dict__.setdefault("made", {"n": (1,)})
    tuner = adapter(users)
    assert proposed(tuner)["params"] == {"n": [1]}
    assert calls_after(users, tuner, result(0))[0][2] is users.made


def test_trials_that_the_tuner_did_not_propose_are_left_out():
    users = Old()
    assert calls_after(users, adapter(users), result(0, parameter_id=None)) == []


@pytest.mark.parametrize("takes", ["**kwargs", "st_callback=None", "*rest", ""])
def test_generate_multiple_parameters_is_called_if_overridden(takes):
    made = {}
    exec(
        f"def several(self, parameter_id_list, {takes}):\n"
        "    return [{'ids': parameter_id_list}]\n",
        made,
    )
    users = type("Several", (Plain,), {"generate_multiple_parameters": made["several"]})()
    assert proposed(adapter(users))["params"] == {"ids": [0]}


@pytest.mark.parametrize("where", ["one", "several", "empty"])
def test_no_more_trial_error_means_no_proposal(where):
    def none(self, *_, **__):
        raise nni.NoMoreTrialError("that was all")

    methods = {
        "one": {"generate_parameters": none},
        "several": {"generate_multiple_parameters": none},
        "empty": {"generate_multiple_parameters": lambda self, ids, **kwargs: []},
    }
    tuner = adapter(type("Empty", (Plain,), methods[where])())
    assert proposed(tuner, 3) is None
    assert proposed(tuner, 3) is None


@pytest.mark.parametrize(
    ("method", "message"),
    [
        (lambda self, ids, **kwargs: [{}, {}], "must return one set of parameters, not 2"),
        (lambda self, ids, **kwargs: [None], "must be a dict, not NoneType"),
        (lambda self, ids, **kwargs: [{"a": {1, 2}}], "params['a'] is a set"),
        (lambda self, ids, **kwargs: [{"a": float("nan")}], "params['a'] is nan"),
    ],
)
def test_invalid_proposal_is_an_error(method, message):
    broken = SimpleQueue()
    tuner = adapter(type("Bad", (Plain,), {"generate_multiple_parameters": method})(), broken)
    tuner.propose(0, 1)
    error, what = broken.get(timeout=PATIENCE)
    assert message in str(error)
    assert what == "generate_parameters"


def test_hooks_are_optional():
    call_hook(object(), "_on_exit")
    users = Plain()
    users._on_exit = lambda: users.seen.append("exit")
    adapter(users).close(PATIENCE)
    assert users.seen[-1] == "exit"
