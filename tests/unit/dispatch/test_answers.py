"""What nodes' answers mean to the core."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.core.events import Armed, Ended, NodeDown, NodeUp
from controller.core.model import Attempt, AttemptState, Outcome
from controller.dispatch.answers import HELLO, ask_again, events_of, is_unsent
from controller.dispatch.interface import Answer, AttemptStatus, End, Probe, Start

START, PROBE = Start("7.2", "a", {}), Probe("7.2", "a")
END = End("7.2", "a", "recalled", "b has room")
UP = NodeUp(at=5.0, node="a")


def attempt(state):
    return Attempt(2, "a", (), AttemptState(state))


def said(**changes):
    word = {"format": 1, "kind": "ended", "attempt": "7.2", "node": "a", "outcome": "failed"}
    more = {"reason": "exit code 3", "parent": None, "seconds": {"running": 3.2}}
    return {**word, **more, **changes}


def ended(outcome, reason, **more):
    return Ended(at=5.0, trial=7, number=2, outcome=outcome, reason=reason, **more)


ARMED = Armed(at=5.0, trial=7, number=2)
DOWN = NodeDown(at=5.0, node="a", reason="no route")
DIED = "its supervisor died on the node"
UNHEARD = "the node knows nothing of it (was it restarted?)"


@pytest.mark.parametrize(
    ("answer", "state", "expected"),
    [
        (Answer(START, AttemptStatus.STARTED), "placed", [UP, ARMED]),
        (Answer(START, AttemptStatus.RUNNING), "placed", [UP, ARMED]),
        (Answer(PROBE, AttemptStatus.RUNNING), "running", [UP, ARMED]),
        (
            Answer(START, AttemptStatus.REFUSED, "no /run"),
            "placed",
            [UP, ended("refused", "no /run")],
        ),
        (
            Answer(START, AttemptStatus.REFUSED),
            "placed",
            [UP, ended("refused", "the node refused it")],
        ),
        (Answer(PROBE, AttemptStatus.REFUSED, "EIO"), "running", [UP]),
        (Answer(END, AttemptStatus.REFUSED, "EIO"), "running", [UP]),
        (Answer(PROBE, AttemptStatus.DEAD), "running", [UP, ended("lost", DIED)]),
        (Answer(START, AttemptStatus.DEAD), "placed", [UP, ended("lost", DIED)]),
        (Answer(PROBE, AttemptStatus.ABSENT), "armed", [UP, ended("lost", UNHEARD)]),
        (Answer(PROBE, AttemptStatus.ABSENT), "placed", [UP]),
        (Answer(END, AttemptStatus.ABSENT), "placed", [UP, ended("recalled", UNHEARD)]),
        (
            Answer(START, AttemptStatus.UNREACHABLE, "no route"),
            "placed",
            [DOWN, ended("lost", "no route")],
        ),
        (Answer(PROBE, AttemptStatus.UNREACHABLE, "no route"), "ended", [DOWN]),
        (Answer(START, AttemptStatus.UNKNOWN, "it broke"), "placed", []),
        (Answer(PROBE, AttemptStatus.DEAD), "ended", [UP]),
        (
            Answer(PROBE, AttemptStatus.ENDED, outcome=said()),
            "running",
            [UP, ended("failed", "exit code 3", seconds={"running": 3.2})],
        ),
        (
            Answer(
                END, AttemptStatus.ENDED, outcome=said(outcome="corrupt", parent=3, seconds=None)
            ),
            "armed",
            [UP, ended("corrupt", "exit code 3", parent=3)],
        ),
    ],
)
def test_events(answer, state, expected):
    assert events_of(answer, attempt(state), 5.0) == expected


def test_of_an_attempt_that_nobody_knows_only_the_node_is_told():
    assert events_of(Answer(PROBE, AttemptStatus.DEAD), None, 5.0) == [UP]
    assert events_of(Answer(Probe(HELLO, "a"), AttemptStatus.ABSENT), None, 5.0) == [UP]


ODD = st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.integers(), max_size=2)


@given(st.dictionaries(st.sampled_from(list(said())), ODD, min_size=1).map(lambda d: said(**d)))
def test_a_last_word_that_makes_no_sense_is_none(outcome):
    [_, event] = events_of(
        Answer(PROBE, AttemptStatus.ENDED, outcome=outcome), attempt("running"), 5.0
    )
    assert isinstance(event, Ended)
    assert isinstance(event.outcome, Outcome)
    assert isinstance(event.reason, str)
    assert event.parent is None or type(event.parent) is int
    assert (event.trial, event.number) == (7, 2)


@pytest.mark.parametrize("outcome", [None, {}, said(attempt="8.1"), said(outcome=["failed"])])
def test_an_attempt_without_a_last_word_is_lost(outcome):
    [_, event] = events_of(
        Answer(PROBE, AttemptStatus.ENDED, outcome=outcome), attempt("running"), 5.0
    )
    assert event.outcome is Outcome.LOST
    assert "malformed word of its end" in event.reason


HI = Probe(HELLO, "a")


@pytest.mark.parametrize(
    ("answer", "state", "expected"),
    [
        (Answer(START, AttemptStatus.UNKNOWN), "placed", PROBE),
        (Answer(PROBE, AttemptStatus.UNKNOWN), "running", PROBE),
        (Answer(END, AttemptStatus.UNKNOWN), "armed", END),
        (Answer(END, AttemptStatus.REFUSED), "armed", END),
        (Answer(PROBE, AttemptStatus.REFUSED), "armed", PROBE),
        (Answer(START, AttemptStatus.REFUSED), "placed", None),
        (Answer(END, AttemptStatus.UNKNOWN), "ended", None),
        (Answer(START, AttemptStatus.STARTED), "placed", None),
        (Answer(PROBE, AttemptStatus.UNKNOWN), None, None),
        (Answer(HI, AttemptStatus.UNKNOWN), None, HI),
        (Answer(HI, AttemptStatus.ABSENT), None, None),
    ],
)
def test_what_is_asked_again(answer, state, expected):
    assert ask_again(answer, state and attempt(state)) == expected


@pytest.mark.parametrize(
    ("order", "found", "state", "expected"),
    [
        (PROBE, AttemptStatus.ABSENT, "placed", True),
        (PROBE, AttemptStatus.ABSENT, "armed", False),
        (PROBE, AttemptStatus.DEAD, "placed", False),
        (END, AttemptStatus.ABSENT, "placed", False),
        (PROBE, AttemptStatus.ABSENT, None, False),
    ],
)
def test_only_what_never_reached_its_node_is_sent_again(order, found, state, expected):
    assert is_unsent(Answer(order, found), state and attempt(state)) is expected
