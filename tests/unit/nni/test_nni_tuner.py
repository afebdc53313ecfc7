"""The base classes of tuners and assessors, under each of NNI's names."""

import importlib

import pytest

import nni
from nni.assessor import Assessor, AssessResult
from nni.recoverable import Recoverable
from nni.tuner import Tuner


class Counting(Tuner):
    def __init__(self, last):  # as users do: without its parent's
        self.last = last

    def generate_parameters(self, parameter_id, **kwargs):
        if parameter_id > self.last:
            raise nni.NoMoreTrialError("that is all")
        return {"x": parameter_id, **kwargs}


def test_several_proposals_are_requested_one_by_one():
    assert Counting(5).generate_multiple_parameters([0, 1]) == [{"x": 0}, {"x": 1}]
    assert Counting(1).generate_multiple_parameters([1, 2, 3]) == [{"x": 1}]
    assert Counting(0).generate_multiple_parameters([7]) == []


def test_keyword_arguments_are_passed_on():
    def later(*given):
        raise AssertionError("nobody calls it here")

    [proposal] = Counting(0).generate_multiple_parameters([0], st_callback=later)
    assert proposal["st_callback"] is later


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("generate_parameters", (0,)),
        ("receive_trial_result", (0, {}, 1.0)),
        ("update_search_space", ({},)),
    ],
)
def test_methods_to_override_raise(name, arguments):
    class Empty(Tuner):
        pass

    with pytest.raises(NotImplementedError, match=f"Empty does not define {name}"):
        getattr(Empty(), name)(*arguments)
    with pytest.raises(NotImplementedError, match="assess_trial"):
        Assessor().assess_trial("t", [])


def test_optional_methods_do_nothing():
    for one in (Tuner(), Assessor()):
        for call in ("load_checkpoint", "save_checkpoint", "_on_exit", "_on_error"):
            assert getattr(one, call)() is None
    assert Tuner().import_data([{"parameter": {}, "value": 1}]) is None
    assert Tuner().trial_end(0, True, trial_job_id="t") is None
    assert Assessor().trial_end("t", False) is None
    Tuner()._accept_customized_trials()  # the one name or the other, by release
    Tuner().accept_customized_trials()


def test_the_checkpoint_directory_comes_from_the_environment(monkeypatch, tmp_path):
    monkeypatch.delenv("NNI_CHECKPOINT_DIRECTORY", raising=False)
    assert Recoverable().get_checkpoint_path() is None
    monkeypatch.setenv("NNI_CHECKPOINT_DIRECTORY", str(tmp_path / "missing"))
    assert Tuner().get_checkpoint_path() is None
    monkeypatch.setenv("NNI_CHECKPOINT_DIRECTORY", str(tmp_path))
    assert Assessor().get_checkpoint_path() == str(tmp_path)


def test_an_assessment_is_good_or_bad():
    assert [AssessResult(True), AssessResult(False)] == [AssessResult.Good, AssessResult.Bad]


def test_no_more_trials_keeps_its_message():
    assert str(nni.NoMoreTrialError("that is all")) == "that is all"
    assert nni.NoMoreTrialError(ErrorInfo="all").errorinfo == "all"
    assert str(nni.NoMoreTrialError()) == ""


@pytest.mark.parametrize("module", ["nni.env_vars", "nni.runtime.env_vars"])
def test_the_environment_has_a_name_for_each_variable(monkeypatch, module):
    monkeypatch.setenv("NNI_PLATFORM", "local")
    monkeypatch.delenv("NNI_MODE", raising=False)
    for name in ("nni.env_vars", module):
        found = importlib.reload(importlib.import_module(name))
    assert found.trial_env_vars.NNI_PLATFORM == "local"
    assert found.dispatcher_env_vars.NNI_MODE is None


def test_unsupported_names_raise_with_an_alternative():
    with pytest.raises(AttributeError, match="describe them in the search space"):
        nni.choice({"a": 1})
    with pytest.raises(AttributeError, match="a tuner that proposes the networks"):
        nni.mutable_layer()
    with pytest.raises(AttributeError, match=r"Heirloom's nni has no 'nonsense'$"):
        nni.nonsense()
