import json
from decimal import Decimal

import numpy as np
import pytest

from nni.metric import number, plain, without_number


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        (0.5, 0.5),
        (3, 3),
        (True, True),
        (None, None),
        ('it\'s\na "metric" für ☃', 'it\'s\na "metric" für ☃'),
        (np.float32(0.25), 0.25),
        (np.float64(0.1), 0.1),
        (np.int64(7), 7),
        (np.bool_(True), True),
        (np.array(0.5), 0.5),
        (np.array([[1, 2], [3, 4]]), [[1, 2], [3, 4]]),
        ({"default": np.float32(0.5), "all": (np.int8(1), 2)}, {"default": 0.5, "all": [1, 2]}),
        ({"deep": {"er": [np.float64(1)]}}, {"deep": {"er": [1.0]}}),
        (["a", {"b": "c", "d": None}, 233, 0.5], ["a", {"b": "c", "d": None}, 233, 0.5]),
        (Decimal("0.5"), 0.5),
    ],
)
def test_a_metric_is_a_json_value(metric, expected):
    assert plain(metric) == expected
    assert json.loads(json.dumps(plain(metric))) == expected


def test_keys_become_strings():
    assert json.dumps(plain({np.int64(1): 2})) == '{"1": 2}'


@pytest.mark.parametrize(
    "value",
    [
        float("nan"),
        np.float32("inf"),
        np.array(float("nan")),
        {"default": float("-inf")},
        {"default": np.float64("nan"), "loss": 1},
    ],
)
def test_a_number_that_is_not_finite_is_no_metric(value):
    with pytest.raises(ValueError, match="must be finite"):
        plain(value)


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        ({"default": 1, "loss": float("nan")}, {"default": 1, "loss": "NaN"}),
        ({"default": 1, "loss": np.float32("inf")}, {"default": 1, "loss": "Infinity"}),
        (
            {"default": 1, "all": np.array([1, np.nan, -np.inf])},
            {"default": 1, "all": [1, "NaN", "-Infinity"]},
        ),
        ({"a": {"default": float("nan")}}, {"a": {"default": "NaN"}}),
        ([float("nan"), 1], ["NaN", 1]),
        ({float("nan"): 1}, {"NaN": 1}),
    ],
)
def test_other_numbers_that_are_not_finite_become_text(metric, expected):
    assert plain(metric) == expected
    json.dumps(plain(metric), allow_nan=False)


@pytest.mark.parametrize(
    ("metric", "problem"),
    [
        ("0.9", "'0.9' (str) is no number: report a number, or"),
        (None, "None (NoneType) is no number"),
        ([0.5], "[0.5] (list) is no number"),
        ({"loss": 2}, "a dictionary without 'default' is no number"),
        ({"default": "0.5"}, "'0.5' (str) is no number"),
        ({"default": {"default": 1}}, "{'default': 1} (dict) is no number"),
        (10**400, "(int) is no number"),
    ],
)
def test_a_metric_without_a_number_is_described(metric, problem):
    assert problem in without_number(plain(metric))


@pytest.mark.parametrize("metric", [1, 0.5, True, {"default": 0.5, "loss": "NaN"}])
def test_a_metric_with_a_number_has_no_description(metric):
    assert without_number(metric) == ""


@pytest.mark.parametrize("value", [object(), {"a": {1, 2}}, b"bytes"])
def test_a_value_without_a_json_form_is_no_metric(value):
    with pytest.raises(TypeError, match="a metric must be a number"):
        plain(value)


@pytest.mark.parametrize(
    ("metric", "value"),
    [
        (0.5, 0.5),
        (3, 3),
        (True, 1),
        ({"default": 0.5, "loss": 2}, 0.5),
        ({"loss": 2}, None),
        ({"default": "0.5"}, None),
        ({"default": {"default": 1}}, None),
        ([0.5], None),
        ("0.5", None),
        (None, None),
        (10**400, None),
    ],
)
def test_the_number_is_the_metric_itself_or_its_default(metric, value):
    assert number(metric) == value
