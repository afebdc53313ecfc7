"""The tuner that repeats the proposals of an earlier search."""

from __future__ import annotations

from typing import Any

import pytest

from heirloom.tuners import Proposal, SearchFinished
from heirloom.tuners.replay import Replay

LISTED = [
    {"params": {"x": 0}},
    {"params": {"x": 1}},
    {"params": {"x": 2}, "parents": [1]},
    {"params": {"x": 3}, "parents": [2, 0], "candidate": False},
]


def a_replay(proposals: Any = LISTED, **args: Any) -> Replay:
    return Replay({}, seed=0, maximize=True, proposals=proposals, **args)


def test_proposals_come_in_their_order_with_their_parents() -> None:
    tuner = a_replay()

    assert [tuner.propose(trial) for trial in range(4)] == [
        Proposal({"x": 0}, []),
        Proposal({"x": 1}, []),
        Proposal({"x": 2}, [1]),
        Proposal({"x": 3}, [2, 0], candidate=False),
    ]
    with pytest.raises(SearchFinished, match="all 4 proposals were repeated"):
        tuner.propose(4)


def test_parents_are_the_same_trials_where_a_retry_has_moved_the_ids() -> None:
    tuner = a_replay()
    tuner.propose(0)
    tuner.propose(1)

    assert tuner.propose(5).parents == [1]
    assert tuner.propose(6).parents == [5, 0]


def test_imported_trials_keep_their_ids() -> None:
    listed = [{"params": {}, "parents": [1]}, {"params": {}, "parents": [0, 2]}]
    tuner = a_replay(listed, first=2)

    assert [tuner.propose(trial).parents for trial in (2, 3)] == [[1], [0, 2]]


def test_a_trial_may_be_a_parent_until_its_last_child_is_proposed() -> None:
    tuner = a_replay()
    for trial in range(3):
        tuner.propose(trial)
    assert [tuner.may_be_parent(trial) for trial in range(4)] == [True, False, True, False]

    tuner.propose(3)
    assert not any(tuner.may_be_parent(trial) for trial in range(4))


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        ([{"parents": []}], "proposal 0 must have params"),
        ([{"params": {}, "prents": []}], "proposal 0 must have params"),
        ([3], "proposal 0 must have params"),
        ([{"params": 3}], "proposal 0 must have params, a mapping"),
        ([{"params": {}, "parents": 3}], "may have parents, a list of trial ids"),
        ([{"params": {}}, {"params": {}, "parents": ["a"]}], "proposal 1 must have params"),
        ([{"params": {}}, {"params": {}, "parents": [1]}], "proposal 1 names the parent 1"),
        ([{"params": {}, "parents": [-1]}], "proposal 0 names the parent -1"),
    ],
)
def test_a_wrong_list_is_refused(wrong: Any, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        a_replay(wrong)
