"""The meaning of a node's answer for the attempt."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.core.events import Armed, Ended
from controller.core.model import AttemptState, Outcome
from controller.dispatch.ansible.answers import (
    Answer,
    AttemptStatus,
    event_of,
    next_order,
    unsent_start,
)
from controller.dispatch.interface import End, NodeProbe, Probe, Start
from tests.unit.dispatch.specs import spec

SPEC = spec("7.2")
START, PROBE = Start("7.2", "a", SPEC), Probe("7.2", "a")
PROBE_OF_PLACED = Probe("7.2", "a", SPEC)
END = End("7.2", "a", "recalled", "b has room")
NODE_PROBE = NodeProbe("a")


def message(**changes):
    fields = {"format": 1, "kind": "ended", "attempt": "7.2", "node": "a", "outcome": "failed"}
    more = {"reason": "exit code 3", "parent": None, "seconds": {"running": 3.2}}
    return {**fields, **more, **changes}


def ended(outcome, reason, **more):
    return Ended(at=5.0, trial=7, number=2, outcome=outcome, reason=reason, **more)


ARMED = Armed(at=5.0, trial=7, number=2)
DIED = "its supervisor died on the node"
NO_RECORD = "the node has no record of it (did it restart?)"


@pytest.mark.parametrize(
    ("answer", "state", "expected"),
    [
        (Answer(START, AttemptStatus.STARTED), "placed", ARMED),
        (Answer(START, AttemptStatus.RUNNING), "placed", ARMED),
        (Answer(PROBE, AttemptStatus.RUNNING), "running", ARMED),
        (Answer(START, AttemptStatus.REFUSED, "no /run"), "placed", ended("refused", "no /run")),
        (Answer(START, AttemptStatus.REFUSED), "placed", ended("refused", "the node refused it")),
        (Answer(PROBE, AttemptStatus.REFUSED, "EIO"), "running", None),
        (Answer(END, AttemptStatus.REFUSED, "EIO"), "running", None),
        (Answer(PROBE, AttemptStatus.DEAD), "running", ended("lost", DIED)),
        (Answer(START, AttemptStatus.DEAD), "placed", ended("lost", DIED)),
        (Answer(PROBE, AttemptStatus.ABSENT), "armed", ended("lost", NO_RECORD)),
        (Answer(PROBE, AttemptStatus.ABSENT), "placed", None),
        (Answer(END, AttemptStatus.ABSENT), "placed", ended("recalled", NO_RECORD)),
        (
            Answer(START, AttemptStatus.UNREACHABLE, "no route"),
            "placed",
            ended("lost", "no route"),
        ),
        (Answer(START, AttemptStatus.UNKNOWN, "it broke"), "placed", None),
        (
            Answer(PROBE, AttemptStatus.ENDED, outcome=message()),
            "running",
            ended("failed", "exit code 3", seconds={"running": 3.2}),
        ),
        (
            Answer(
                END, AttemptStatus.ENDED, outcome=message(outcome="corrupt", parent=3, seconds=None)
            ),
            "armed",
            ended("corrupt", "exit code 3", parent=3),
        ),
        (Answer(NODE_PROBE, AttemptStatus.ABSENT), "armed", None),
    ],
)
def test_event_of(answer, state, expected):
    assert event_of(answer, AttemptState(state), 5.0) == expected


ODD = st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.integers(), max_size=2)


@given(
    st.dictionaries(st.sampled_from(list(message())), ODD, min_size=1).map(lambda d: message(**d))
)
def test_a_malformed_last_message_still_gives_a_valid_end(outcome):
    answer = Answer(PROBE, AttemptStatus.ENDED, outcome=outcome)
    event = event_of(answer, AttemptState.RUNNING, 5.0)
    assert isinstance(event, Ended)
    assert isinstance(event.outcome, Outcome)
    assert isinstance(event.reason, str)
    assert event.parent is None or type(event.parent) is int
    assert (event.trial, event.number) == (7, 2)


@pytest.mark.parametrize("outcome", [None, {}, message(attempt="8.1"), message(outcome=["failed"])])
def test_an_attempt_without_a_valid_last_message_is_lost(outcome):
    answer = Answer(PROBE, AttemptStatus.ENDED, outcome=outcome)
    event = event_of(answer, AttemptState.RUNNING, 5.0)
    assert event.outcome is Outcome.LOST
    assert "malformed record of its end" in event.reason


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (Answer(START, AttemptStatus.UNKNOWN), PROBE_OF_PLACED),
        (Answer(PROBE, AttemptStatus.UNKNOWN), PROBE),
        (Answer(END, AttemptStatus.UNKNOWN), END),
        (Answer(END, AttemptStatus.REFUSED), END),
        (Answer(PROBE, AttemptStatus.REFUSED), PROBE),
        (Answer(START, AttemptStatus.REFUSED), None),
        (Answer(START, AttemptStatus.STARTED), None),
        (Answer(NODE_PROBE, AttemptStatus.UNKNOWN), NODE_PROBE),
        (Answer(NODE_PROBE, AttemptStatus.ABSENT), None),
    ],
)
def test_next_order_after_an_inconclusive_answer(answer, expected):
    assert next_order(answer) == expected


@pytest.mark.parametrize(
    ("order", "found", "state", "expected"),
    [
        (PROBE_OF_PLACED, AttemptStatus.ABSENT, "placed", START),
        (PROBE_OF_PLACED, AttemptStatus.ABSENT, "armed", None),
        (PROBE_OF_PLACED, AttemptStatus.ABSENT, "running", None),
        (PROBE_OF_PLACED, AttemptStatus.DEAD, "placed", None),
        (PROBE, AttemptStatus.ABSENT, "placed", None),
        (END, AttemptStatus.ABSENT, "placed", None),
    ],
)
def test_only_an_attempt_that_never_reached_its_node_is_started_again(
    order, found, state, expected
):
    assert unsent_start(Answer(order, found), AttemptState(state)) == expected
