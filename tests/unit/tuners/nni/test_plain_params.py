"""Parameters as NNI's users return them."""

import json

import pytest

from heirloom.tuners.nni.plain_json import final_value, plain_params


class Scalar:
    """As numpy's are."""

    def item(self):
        return 3


class Array:
    def tolist(self):
        return [Scalar(), 1.5]


def test_plain_json_is_unchanged():
    params = {"a": (1, [True, None]), 2: {"b": Scalar()}, None: Array(), True: "x", 1.5: {}}
    plain = plain_params(params)
    assert plain == {
        "a": [1, [True, None]],
        "2": {"b": 3},
        "null": [3, 1.5],
        "true": "x",
        "1.5": {},
    }
    assert json.loads(json.dumps(plain, allow_nan=False)) == plain


def test_numpy_values_become_plain_json():
    numpy = pytest.importorskip("numpy", reason="numpy is not installed")
    given = {
        "a": numpy.int64(3),
        "b": numpy.arange(2),
        "c": numpy.float64(0.5),
        "d": numpy.bool_(1),
    }
    plain = plain_params({numpy.str_("e"): numpy.array([[1.5]]), **given})
    assert json.loads(json.dumps(plain)) == plain
    assert plain == {"e": [[1.5]], "a": 3, "b": [0, 1], "c": 0.5, "d": True}


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ([1], "must be a dict, not list"),
        ({"a": {"b": object}}, r"params\['a'\]\['b'\] is a type"),
        ({"a": [float("inf")]}, r"params\['a'\]\[0\] is inf"),
        ({(1, 2): 3}, "the key"),
    ],
)
def test_value_without_json_form_is_named(params, message):
    with pytest.raises(TypeError, match=message):
        plain_params(params)


def test_final_value():
    assert final_value(1.0, None) == 1.0
    assert final_value(1.0, {"value": 1.0, "nni": {"default": 1.0}}) == {"default": 1.0}
    assert final_value(None, {"value": None, "nni": None}) is None
