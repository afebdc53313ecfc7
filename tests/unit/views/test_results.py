import pytest

from controller.views.results import find, inherited, named
from heirloom.tuners.nni.plain_json import METRIC
from heirloom.weights.plan import Tensor, make
from heirloom.weights.report import describe


def test_what_a_trial_inherited_is_told_apart_from_its_result():
    model = {f"layer{number}": Tensor((2,)) for number in range(9)} | {"head": Tensor((4,))}
    parent = {f"layer{number}": Tensor((1,)) for number in range(9)} | {"head": Tensor((4,))}
    report = describe(make(model, [parent])).as_dict()
    words, rest = inherited({"inherited": report, "value": 0.5})
    names = ", ".join(f"layer{number}" for number in range(6))
    assert words == f"59.1% of the numbers; tensors: 1 whole, 9 partly ({names}, …)"
    assert rest == {"value": 0.5}


@pytest.mark.parametrize(
    "result",
    [
        None,
        3,
        {"value": 1.0},
        {"inherited": "all", "value": 1.0},
        {"inherited": {"share": "half"}},
        {"inherited": {"share": float("inf")}},
    ],
)
def test_any_other_result_is_left_as_it_is(result):
    assert inherited(result) == ("", result)


@pytest.mark.parametrize("names", [None, 3, {"new": 3}, {"new": []}])
def test_a_report_without_names_is_counted(names):
    words, _ = inherited({"inherited": {"share": 0.0, "new": 2, "names": names}})
    assert words == "0.0% of the numbers; tensors: 2 new"


@pytest.mark.parametrize(
    "result",
    [
        None,
        {"value": 1.0, "test": 0.5, "inherited": {"share": 1.0}},
        {"test": 0.5, METRIC: {"default": 1.0, "test": 0.7, "value": 2.0}},
        {"test": 0.5, METRIC: 1.0},
    ],
)
def test_one_of_what_a_trial_passed_is_that_of_all(result):
    names = {"value", "inherited", "test", "default", "other", METRIC}
    assert {name: find(result, name) for name in names if find(result, name) is not None} == named(
        result
    )
