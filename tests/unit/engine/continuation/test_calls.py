"""The calls of the tuner that a journal holds, all of them or those after an event."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from controller.config.load import load
from controller.core import events as e
from controller.core.model import State
from controller.engine.continuation.calls import Questions, calls
from controller.engine.continuation.replay import replay
from controller.state.journal import Journal

EXPERIMENT = """\
trial: {command: "true"}
tuner: {name: random}
search_space: {x: {_type: choice, _value: [1, 2]}}
budget: {trials: 9}
"""
OPENED = e.Opened(at=1)
ASKED = e.ProposalAsked(at=2, trial=0)
PROPOSED = e.Proposed(at=3, trial=0, params={"x": 1})
ENDED = e.VerdictSeen(at=4, trial=0, state=State.SUCCEEDED, reason="", value=0.5)
SENT = e.ResultSent(at=5, trial=0)
AGAIN = e.ProposalAsked(at=6, trial=1)
NOTHING = e.ProposalWithheld(at=7, trial=1)
SEARCH = (OPENED, ASKED, PROPOSED, ENDED, SENT, AGAIN, NOTHING)


def names(tmp_path: Path, events: Sequence[e.Event], after: int = 0) -> list[str]:
    (tmp_path / "e.yml").write_text(EXPERIMENT)
    config = load(tmp_path / "e.yml")
    with Journal.create(tmp_path / "journal.db") as journal:
        journal.append(events)
        return [call[0] for call in calls(config, journal, replay(config, journal), after)]


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (0, ["propose", "observe", "propose"]),
        (2, ["observe", "propose"]),  # the answer to an earlier call is no call
        (5, ["propose"]),
        (7, []),
    ],
)
def test_calls_after_an_event(tmp_path: Path, after: int, expected: list[str]) -> None:
    assert names(tmp_path, SEARCH, after) == expected


def test_what_was_never_answered_is_left_out(tmp_path: Path) -> None:
    asked = (e.ParentsAsked(at=8, trials=(0,)), e.ConclusionAsked(at=8), AGAIN)
    assert names(tmp_path, (*SEARCH, *asked)) == ["propose", "observe", "propose"]


def test_answers_after_another_opening_belong_to_no_earlier_call(tmp_path: Path) -> None:
    assert names(tmp_path, (OPENED, ASKED, OPENED, PROPOSED)) == []


def test_a_call_has_the_position_of_its_question(tmp_path: Path) -> None:
    late = e.ParentsAnswered(at=9, trials=(0,), possible=(0,))
    events = (*SEARCH[:5], e.ParentsAsked(at=6, trials=(0,)), AGAIN, NOTHING, late)
    assert names(tmp_path, events) == ["propose", "observe", "may_be_parent", "propose"]


@pytest.mark.parametrize(
    ("exhausted", "expected"),
    [(False, ["propose", "observe", "propose"]), (True, ["propose", "propose", "observe"])],
)
def test_a_proposal_is_requested_again_after_the_end_of_a_search(
    tmp_path: Path, exhausted: bool, expected: list[str]
) -> None:
    """A tuner that ends the search gives no other answer to the first request.

    A tuner that is late when the budget is used up answers both requests in their order.
    """
    end = e.SearchEnded(at=4, reason="", exhausted=exhausted)
    extended = e.BudgetExtended(at=6, trials=99)
    proposed = e.Proposed(at=7, trial=1, params={"x": 2})
    events = (OPENED, ASKED, PROPOSED, AGAIN, end, ENDED, SENT, extended, AGAIN, proposed)
    assert names(tmp_path, events) == expected


def test_a_proposal_that_ended_the_search_counts_as_unanswered_until_the_next_opening() -> None:
    questions = Questions()
    for event in (OPENED, ASKED, e.SearchEnded(at=4, reason=""), ASKED, PROPOSED):
        questions.take(event)
    assert not questions.are_answered
    questions.take(OPENED)
    assert questions.are_answered


def test_two_questions_of_a_kind_are_answered_in_their_order() -> None:
    questions = Questions()
    assert [questions.take(event, at) for at, event in enumerate([ASKED, ASKED])] == [None, None]
    found = [(questions.take(PROPOSED), questions.are_answered) for _ in range(3)]
    assert found == [(0, False), (1, True), (None, True)]


def test_a_retry_and_a_last_trial_answer_no_question() -> None:
    questions = Questions()
    questions.take(ASKED)
    questions.take(e.Proposed(at=3, trial=0, params={}, retry_of=0))
    questions.take(e.Proposed(at=3, trial=0, params={}, concludes=True))
    assert not questions.are_answered
