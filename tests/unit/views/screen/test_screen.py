"""The screen's output without a terminal."""

import io
import os

import pytest
from rich.console import Console

from controller.core import events as e
from controller.core.experiment import Experiment
from controller.core.model import Outcome, Rules, State
from controller.engine.observer import Situation
from controller.views import output, text
from controller.views.screen import Screen
from controller.views.screen.lines import lines


def output_of(*events):
    """The last line for a search with these events."""
    x = Experiment(Rules())
    for event in (e.Opened(at=0.0), e.Proposed(at=0.0, trial=0, params={}), *events):
        x.apply(event)
    out = io.StringIO()
    screen = Screen("x", Console(file=out, width=200))
    screen._summary_at = 0.0
    screen.refresh(x, Situation(now=1.0))
    return out.getvalue()


def verdict(state, **more):
    return e.VerdictSeen(at=0.0, trial=0, state=state, number=1, **more)


CLOSED = e.Closed(at=1.0, reason="the budget is used up")


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([], "best: none yet"),
        ([verdict(State.SUCCEEDED, result={"nni": {"loss": "low"}})], "best: none yet"),
        (
            [verdict(State.SUCCEEDED, result={"nni": {"loss": "low"}}), CLOSED],
            "1 succeeded; best: none, since no result is a number",
        ),
        ([verdict(State.FAILED, reason="exit code 3"), CLOSED], "1 failed; best: none\n"),
        ([verdict(State.SUCCEEDED, value=0.5), CLOSED], "best: 0.5 by trial 0"),
    ],
)
def test_the_best_trial_of_a_running_and_an_ended_search(events, expected):
    assert expected in output_of(*events)


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ([], "best: no candidate yet; the latest result: 0.5 by trial 0  {}"),
        ([CLOSED], "best: no candidate succeeded; the latest result: 0.5 by trial 0  {}"),
    ],
)
def test_without_a_candidate_the_latest_result_is_shown(more, expected):
    x = Experiment(Rules())
    for event in (
        e.Opened(at=0.0),
        e.Proposed(at=0.0, trial=0, params={}, candidate=False),
        verdict(State.SUCCEEDED, value=0.5),
        *more,
    ):
        x.apply(event)
    assert text.best(x) == expected


@pytest.mark.parametrize(
    ("result", "said"),
    [
        ({"value": None, "nni": {"loss": "low"}}, 'its result is no number: {"loss": "low"}'),
        ({"value": None, "nni": "0.9"}, 'its result is no number: "0.9"'),
        ({"value": None, "nni": "9" * 100}, f'its result is no number: "{"9" * 56}…'),
        ({}, "it reported no result"),
        (None, "it reported no result"),
    ],
)
def test_result_without_a_number_is_said_when_it_comes(result, said):
    x = Experiment(Rules())
    out = io.StringIO()
    screen = Screen("x", Console(file=out, width=200))
    for trial in range(2):
        event = e.VerdictSeen(at=0.0, trial=trial, state=State.SUCCEEDED, number=1, result=result)
        for each in (e.Proposed(at=0.0, trial=trial, params={}), event):
            x.apply(each)
        screen.tell(x, event)
    assert out.getvalue().splitlines()[0] == f"trial 0 succeeded  {said}"
    assert out.getvalue().count(said) == 2


@pytest.mark.parametrize(("retries", "lines"), [(0, 0), (1, 1)])
def test_the_reason_of_a_failure_is_said_once(retries, lines):
    x = Experiment(Rules(retries=retries))
    out = io.StringIO()
    screen = Screen("x", Console(file=out, width=200))
    ended = e.Ended(at=0.0, trial=0, number=1, outcome=Outcome.FAILED, reason="exit code 3")
    for event in (
        e.Opened(at=0.0),
        e.Proposed(at=0.0, trial=0, params={}),
        e.Placed(at=0.0, trial=0, number=1, node="a"),
        ended,
    ):
        x.apply(event)
    screen.tell(x, ended)
    assert out.getvalue().count("exit code 3") == lines
    screen.tell(x, verdict(State.FAILED, reason="exit code 3 (attempt 1 of 1)"))
    assert out.getvalue().count("exit code 3") == lines + 1


def test_the_width_follows_the_terminal(monkeypatch):
    sizes = [os.terminal_size((100, 30))]
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(output, "is_terminal", lambda: True)
    monkeypatch.setattr(os, "get_terminal_size", lambda fd: sizes[-1])
    console = output.console()
    assert console.width == 100
    sizes.append(os.terminal_size((60, 20)))
    assert console.width == 60


def lines_of(x, event):
    x.apply(event)
    return list(lines("x", x, event))


def test_a_continued_attempt_and_an_imported_trial_are_named():
    x = Experiment(Rules())
    asked = e.ImportAsked(at=0.0, experiment="old", root="/s", trials=(7,), candidates=({},))
    for event in (e.Opened(at=0.0), asked):
        x.apply(event)
    imported = e.Imported(at=0.0, trial=0, value=0.5)
    assert lines_of(x, imported) == ["trial 0 [green]imported[/]  0.5  [dim]trial 7 of old[/]"]
    x.apply(e.Proposed(at=0.0, trial=1, params={}))
    for number in (1, 2):
        x.apply(e.Placed(at=0.0, trial=1, number=number, node="a"))
    continued = e.ContinuedFrom(at=0.0, trial=1, number=2, source=1, step=90)
    assert lines_of(x, continued) == ["attempt 1.2 continues attempt 1 from step 90"]


def test_last_trials_of_a_tuner_are_named():
    last = (e.LastTrial(params={}),)
    x = Experiment(Rules())
    assert lines_of(x, e.Concluded(at=0.0, trials=last)) == [
        "the tuner ends with 1 trial beyond the budget"
    ]
    assert lines_of(x, e.Concluded(at=0.0)) == []


def test_a_parent_that_was_found_is_named():
    x = Experiment(Rules())
    for event in (
        e.Opened(at=0.0),
        e.Proposed(at=0.0, trial=0, params={}),
        verdict(State.SUCCEEDED, value=0.5, weights=True),
        e.Proposed(at=0.0, trial=1, params={}),
        e.Placed(at=0.0, trial=1, number=1, node="a", restore=(0,)),
    ):
        x.apply(event)
    ended = e.VerdictSeen(at=0.0, trial=1, state=State.FAILED, reason="exit code 3")
    assert lines_of(x, ended) == [
        "trial 1 [red]failed[/]  [dim]child of 0[/]: exit code 3",
    ]
