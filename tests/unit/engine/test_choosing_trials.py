"""The trials that `cancel` and `retry` are for."""

from pathlib import Path

import pytest

from controller.core import events as e
from controller.core.model import State
from controller.engine.requests import Action, ask, choose, event_of
from controller.errors import HeirloomError
from controller.state import record
from controller.state.inbox import Inbox
from tests.unit.views.trials.searches import Search


@pytest.fixture
def search(tmp_path: Path) -> Search:
    """Trials 1, 2, 3 and 6 failed; 4 is a retry of 2, and 6 of 3; the parent of 1 lost weights."""
    search = Search(tmp_path)
    search.trial({})
    search.end(0, 0.5)
    search.trial({}, 0)
    search.trial({})
    search.trial({})
    for failed in (1, 2, 3):
        search.end(failed, None, "failed")
    search.trial({}, retry_of=2)
    search.trial({})
    search.trial({}, retry_of=3)
    search.end(6, None, "failed")
    search.happen(e.RemovalAsked(at=99.0, trials=(0,)))
    return search


@pytest.mark.parametrize(
    ("action", "trials", "states", "chosen"),
    [
        ("cancel", [5, 4, 5], None, [5, 4]),
        ("cancel", [], {State.RUNNING, State.READY}, [4, 5]),
        ("cancel", [], {State.WAITING}, []),
        ("retry", [0, 3], None, [0, 3]),
        ("retry", [], {State.FAILED}, [6]),
        ("retry", [], {State.FAILED, State.SUCCEEDED}, [0, 6]),
    ],
)
def test_named_trials_or_those_in_states(
    search: Search, action: Action, trials: list[int], states: set[State] | None, chosen: list[int]
) -> None:
    assert choose(record.load(search.place), action, trials, states).trials == chosen


def test_what_a_state_includes_in_vain_is_named(search: Search) -> None:
    found = choose(record.load(search.place), "retry", [], {State.FAILED})
    assert found.left_out == [
        "trial 1 of cnn cannot be run again: the weights of its parent 0 were removed"
    ]


@pytest.mark.parametrize(
    ("action", "trials", "states", "words"),
    [
        ("cancel", [4, 0, 1], None, "trial 0 of cnn has ended already: succeeded; trial 1 of cnn"),
        ("retry", [4], None, "trial 4 of cnn has not ended yet: it is running"),
        ("retry", [7], None, "cnn has no trial 7"),
        ("retry", [], None, "retry: give either the ids of trials or --state"),
        ("cancel", [4], {State.RUNNING}, "cancel: give either the ids of trials or --state"),
        ("cancel", [], {State.FAILED}, "cancel --state failed: trials in this state have ended"),
        ("retry", [], {State.READY}, "retry --state ready: .* have not ended yet: use succeeded,"),
    ],
)
def test_what_cannot_be_requested_is_an_error(
    search: Search, action: Action, trials: list[int], states: set[State] | None, words: str
) -> None:
    with pytest.raises(HeirloomError, match=words):
        choose(record.load(search.place), action, trials, states)


def test_a_request_is_sent_for_each_trial(search: Search) -> None:
    words = ask(search.place, range(22), "retry", by="ada")
    assert words.endswith(
        " will retry 22 trials: " + ", ".join(map(str, range(20))) + " and 2 more"
    )
    requests = [request for _, request in Inbox(search.place.inbox).receive()]
    assert requests == [{"action": "retry", "trial": trial, "by": "ada"} for trial in range(22)]


def test_a_request_for_a_state_is_not_sent_twice(search: Search) -> None:
    ask(search.place, [6], "retry")
    ask(search.place, [0], "cancel")
    found = choose(record.load(search.place), "retry", [], {State.FAILED, State.SUCCEEDED})
    assert found.trials == [0]
    assert "trial 6: a request to retry it waits for the controller" in found.left_out


def test_the_event_says_who_asked(search: Search) -> None:
    x = record.load(search.place).experiment
    events = [
        event_of({"action": "stop", "by": "ada"}, "1", 5.0, x),
        event_of({"action": "cancel", "trial": 4, "by": "ada"}, "2", 5.0, x),
        event_of({"action": "retry", "trial": 0, "by": "ada"}, "3", 5.0, x),
        event_of({"action": "stop", "by": 7}, "4", 5.0, x),
    ]
    assert events == [
        e.StopAsked(at=5.0, reason="stopped by ada", by="ada"),
        e.CancelAsked(at=5.0, trial=4, by="ada"),
        e.RetryAsked(at=5.0, trial=0, request="3", by="ada"),
        e.StopAsked(at=5.0, reason="stopped by a person"),
    ]
