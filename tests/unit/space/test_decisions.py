"""A space of choices as a sequence of decisions."""

from __future__ import annotations

import random

import pytest

from heirloom.space import contains, parse, sample
from heirloom.space.decisions import numbers
from tests.unit.tuners.policy.problems import NESTED, decisions


def test_a_candidate_and_its_sequence_are_the_same_thing():
    space, rng = parse(NESTED), random.Random(1)
    found = decisions()
    assert found.sizes == [3, 3, 2, 2, 4]
    for _ in range(40):
        params = sample(space, rng)
        tokens = found.sequence(params)
        assert found.params(tokens) == params
        assert len(tokens) == (5 if isinstance(params["op"], dict) else 3)


def test_decisions_of_an_option_follow_its_choice():
    asked = []

    def choose(decision: int) -> int:
        asked.append(decision)
        return 0

    params = decisions().candidate(choose)
    assert asked == [0, 1, 2, 3, 4]
    assert params == {
        "op": {"_name": "conv", "kernel": 1, "act": "relu"},
        "skip": False,
        "last": "a",
    }
    asked.clear()
    assert decisions().candidate(lambda decision: asked.append(decision) or 1)["op"] == "pool"
    assert asked == [0, 3, 4]


def test_a_token_tells_its_decision():
    found = decisions()
    assert [found.decision(token) for token in range(found.tokens)] == [
        0,
        0,
        0,
        1,
        1,
        1,
        2,
        2,
        3,
        3,
        4,
        4,
        4,
        4,
    ]


def test_params_do_not_share_options_with_the_space():
    listed = {"widths": {"_type": "choice", "_value": [[1, 2]]}}
    found = decisions(listed)
    found.params([0])["widths"].append(3)
    assert found.params([0]) == {"widths": [1, 2]}
    assert contains(parse(listed), found.params([0]))


def test_numbers_are_found_in_nested_options_too():
    space = {
        "op": [{"_name": "conv", "rate": {"uniform": [0, 1]}}, "skip"],
        "n": {"randint": [0, 3]},
    }
    assert list(numbers(parse(space))) == ["op.conv.rate", "n"]
    assert list(numbers(parse(NESTED))) == []


def test_a_sequence_is_written_with_a_character_for_each_decision():
    found, rng = decisions(), random.Random(1)
    for _ in range(40):
        params = sample(parse(NESTED), rng)
        text = found.text(found.sequence(params))
        assert len(text) == len(found.sequence(params))
        assert found.read(text) == params
    assert found.read("102") == {"op": "pool", "skip": False, "last": "c"}


@pytest.mark.parametrize("text", ["", "000", "01033", "9", "2130", "é00", 5, None, [0, 0, 0]])
def test_a_text_that_is_no_candidate_is_refused(text):
    with pytest.raises(ValueError, match="candidate of this space"):
        decisions().read(text)


def test_names_tell_the_options_that_lead_to_a_decision():
    assert decisions().names == ["op", "op.conv.kernel", "op.conv.act", "skip", "last"]
