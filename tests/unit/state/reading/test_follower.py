"""An experiment that is followed while a controller writes it."""

from unittest import mock

import pytest

from controller.core import events as e
from controller.core.experiment import Experiment
from controller.core.model import State
from controller.state import record as records
from controller.state.journal import Journal
from controller.state.reading import trials
from controller.state.reading.follower import Follower
from tests.simulation.core_state import state_of
from tests.unit.views.trials.searches import Search


@pytest.fixture
def search(tmp_path):
    search = Search(tmp_path)
    for value in (0.1, 0.2, 0.3):
        search.end(search.trial({"lr": value}), value)
    search.trial({"lr": 0.4})
    return search


def settle(search):
    replayed = records.load(search.place).experiment
    with Journal.open(search.place.journal) as journal:
        journal.follow(replayed)
        journal.settle()


def shown(x):
    """The state without what only decisions need."""
    return state_of(x) | {"standing": None}


def newest(search):
    return shown(records.load(search.place).experiment)


def test_the_start_reads_no_trial_that_has_ended(search):
    settle(search)
    with (
        mock.patch.object(trials, "decode", side_effect=trials.decode) as decode,
        Follower(search.place) as follower,
    ):
        assert decode.call_count == 1
        assert follower.experiment.trials[3].state is State.RUNNING
        assert follower.new() == []


def test_events_are_applied_as_they_come(search):
    settle(search)
    with Follower(search.place) as follower:
        search.report(3, 0.5)
        assert [event.kind for event in follower.new()] == ["reported"]
        search.end(3, 0.4)
        child = search.trial({"lr": 0.5}, 0)
        assert "verdict-seen" in [event.kind for event in follower.new()]
        assert follower.experiment.trials[child].parents == (0,)
        assert shown(follower.experiment) == newest(search)


def test_no_event_is_applied_to_a_trial_that_contains_it(search):
    settle(search)
    with Follower(search.place) as follower:
        search.happen(e.RemovalAsked(at=60.0, trials=(0,)))
        settle(search)
        with mock.patch.object(Experiment, "apply", autospec=True) as apply:
            found = follower.new()
        assert found
        assert apply.call_count == 0
        assert shown(follower.experiment) == newest(search)


def test_tables_that_are_written_again_make_it_read_anew(search):
    settle(search)
    with Follower(search.place) as follower:
        before = follower.experiment
        search.end(3, 0.05)
        settle(search)  # writes all trials
        assert follower.experiment.trials[0].value == 0.1
        assert [event.kind for event in follower.new()][-1] == "verdict-seen"
        assert follower.experiment is not before
        assert follower.experiment.trials[3].value == 0.05
        assert shown(follower.experiment) == newest(search)
        assert follower.new() == []
