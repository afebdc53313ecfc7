"""Labels of a model's choices, without a framework."""

from __future__ import annotations

import pytest

from heirloom.nas.builders import Chosen, Recorder, Shared, answering
from heirloom.nas.errors import NasError
from heirloom.nas.labels import value
from heirloom.nas.params import flatten


def test_a_label_has_the_same_options_everywhere():
    with answering(Recorder()):
        value("width", [8, 16])
        value("width", [8, 16])
        with pytest.raises(NasError, match=r"'width' has the options 8, 16 in one place and 8, 32"):
            value("width", [8, 32])


@pytest.mark.parametrize(
    ("label", "options", "message"),
    [
        ("width", [8], "a choice needs two or more"),
        ("width", [8, 8], "has the option 8 more than once"),
        ("width", [8, None], "must be a number or text"),
        ("", [1, 2], "a label must be text"),
        ("_name", [1, 2], "a label must be text"),
    ],
)
def test_wrong_labels_are_named(label, options, message):
    with pytest.raises(NasError, match=message):
        value(label, options)


def test_true_is_not_one():
    with answering(Chosen({"bias": True})), pytest.raises(NasError, match="none of 1, 0"):
        value("bias", [1, 0])


def test_outside_of_a_search_a_value_is_the_first_option():
    assert value("width", [8, 16]) == 8


def test_a_candidate_has_the_value_of_its_params():
    with answering(Chosen({"width": 16, "rate": 0.1})):
        assert value("width", [8, 16]) == 16
        with pytest.raises(NasError, match="the params have no 'kernel'"):
            value("kernel", [3, 5])


def test_nested_params_are_flattened():
    params = {"a": {"_name": "conv", "k": {"_name": "x", "d": 1}}, "b": 2}
    assert flatten(params) == {"a": "conv", "k": "x", "d": 1, "b": 2}
    with pytest.raises(NasError, match="two values of 'k'"):
        flatten({"a": {"_name": "conv", "k": 1}, "k": 2})


def test_a_supernet_has_the_largest_value_or_the_given_one():
    with answering(Shared({"kernel": 3})):
        assert value("width", [8, 32, 16]) == 32
        assert value("kernel", [3, 5]) == 3
        with pytest.raises(NasError, match=r"values=\{'act': …\}"):
            value("act", ["relu", "gelu"])
    with answering(Shared({"kernel": 4})), pytest.raises(NasError, match="none of 3, 5"):
        value("kernel", [3, 5])
