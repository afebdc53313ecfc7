"""What a search waits for, in words."""

import pytest

from controller.core import events as e
from controller.core.experiment import Experiment
from controller.core.model import Rules
from controller.engine.observer import Situation
from controller.views import text
from controller.views.screen import waits
from tests.unit.views.screen.searches import NODES, placed, under_way

ASKED = e.ProposalAsked(at=5.0, trial=1)


def search(*events: e.Event) -> Experiment:
    x = under_way(ended=1, running=0)
    for event in events:
        x.apply(event)
    return x


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([], []),
        ([ASKED], ["the tuner (1m05s)"]),
        ([ASKED, e.ProposalWithheld(at=5.0, trial=1)], ["results that the tuner wants first"]),
        ([ASKED, e.ProposalWithheld(at=5.0, trial=1, coming=True)], ["the tuner"]),
        ([e.RoomShort(at=5.0, free=1, needed=2)], ["free space on the store"]),
        ([e.NodeDown(at=5.0, node="gpu0", reason="away")], []),
        (
            [e.NodeDown(at=5.0, node=node.name, reason="away") for node in NODES],
            ["all 3 nodes: no answer"],
        ),
        (
            [e.NodeSetAside(at=5.0, node=node.name, reason="full", wait=1.0) for node in NODES],
            ["all 3 nodes: set aside"],
        ),
        (
            [ASKED, e.Paused(at=5.0, reason="alike", trials=(0,))],
            ["a decision: the search is paused"],
        ),
        ([ASKED, e.Closed(at=5.0, reason="done")], []),
    ],
)
def test_a_search_waits_for(events: list[e.Event], expected: list[str]) -> None:
    x = search(*events)
    assert waits.of_search(x, waits.seconds_thinking(x, now=70.0)) == expected


def test_a_tuner_that_answers_at_once_is_not_waited_for() -> None:
    x = search(ASKED)
    assert waits.of_search(x, waits.seconds_thinking(x, now=5.1)) == []


def test_trials_wait_for_a_parent_a_slot_or_ansible() -> None:
    x = under_way(ended=1, running=1, rules=Rules(concurrency=9))
    for trial, parents in ((2, (1,)), (3, (0,)), (4, ())):
        placed(x, trial, parents)
    for trial in (2, 3):
        x.apply(e.Armed(at=5.0, trial=trial, number=1))
    x.apply(e.Proposed(at=5.0, trial=5, params={}, parents=(1,)))
    x.apply(e.Proposed(at=5.0, trial=6, params={}))
    found = ["a parent (2 trials)", "a slot (2 trials)", "Ansible (1 trial)"]
    assert waits.of_search(x, None) == found


def test_attempts_wait_for_the_preparation_of_their_node() -> None:
    x = under_way(ended=1, running=0, rules=Rules(concurrency=9))
    for trial in (1, 2):
        placed(x, trial)
        x.apply(e.Armed(at=5.0, trial=trial, number=1))
    first = x.trials[1].attempts[0]
    x.apply(e.Preparing(at=5.0, trial=1, number=1))
    same = first.node == x.trials[2].attempts[0].node
    assert waits.of_attempt(x, 1, first) == f"the preparation of {first.node}"
    count = "2 trials" if same else "1 trial"
    assert f"the preparation of a node ({count})" in waits.of_search(x, None)
    [note] = text.notes(x, Situation(now=65.0))
    assert note == f"node {first.node} is prepared by attempt 1.1, for 1m00s so far"
    x.apply(e.Prepared(at=5.0, trial=1, number=1))
    assert waits.of_attempt(x, 1, first) == "a slot"
