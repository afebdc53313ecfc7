"""Following a journal that grows."""

from pathlib import Path

import pytest

from controller import config as configs
from controller.core import events as e
from controller.errors import HeirloomError
from controller.state.experiment_dir import ExperimentDir
from controller.state.home import Home
from controller.state.journal import Journal
from controller.state.lock import Lock
from controller.state.reading.follower import Follower
from controller.views.screen import watch
from controller.views.screen.watch import situation


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def made(home: Home, name: str) -> ExperimentDir:
    place = home.take_name(name)
    file = home.path / "experiment.yml"
    file.write_text("{trial: {command: ls}, search_space: {x: [0, 1]}, budget: {trials: 4}}")
    place.config.write_text(configs.dump(configs.load(file)))
    Journal.create(place.journal).close()
    return place


def test_only_new_events_are_read(home: Home) -> None:
    place = made(home, "search")
    with Journal.open(place.journal) as journal, Follower(place) as follower:
        assert list(follower.new()) == []
        journal.append([e.Opened(at=1.0), e.ProposalAsked(at=2.0, trial=0)])
        assert [event.kind for event in follower.new()] == ["opened", "proposal-asked"]
        assert follower.experiment.asked == 0
        journal.append([e.Proposed(at=3.0, trial=0, params={"x": 1})])
        assert [event.kind for event in follower.new()] == ["proposed"]
        assert list(follower.new()) == []
        assert len(follower.experiment.trials) == 1


def test_time_stands_still_without_a_controller(home: Home) -> None:
    place = made(home, "search")
    with Journal.open(place.journal) as journal, Follower(place) as follower:
        journal.append([e.Opened(at=1.0), e.ProposalAsked(at=2.0, trial=0)])
        list(follower.new())
        assert situation(follower.experiment, "none").now == 2.0
        assert situation(follower.experiment, "none").no_controller == "none"
        found = situation(follower.experiment, None)
        assert found.tuner_thinking == found.now - 2.0
        journal.append([e.Closed(at=5.0, reason="done")])
        list(follower.new())
        found = situation(follower.experiment, "none")
        assert (found.now, found.no_controller) == (5.0, None)


def test_a_removed_search_is_noticed(home: Home) -> None:
    place = made(home, "search")
    with Follower(place) as follower:
        assert not follower.is_replaced
        place.discard()
        assert follower.is_replaced


def test_without_a_name_the_one_that_runs_is_watched(home: Home) -> None:
    with pytest.raises(HeirloomError, match="there is no search yet"):
        watch.running(home)
    first, second = made(home, "first"), made(home, "second")
    with pytest.raises(HeirloomError, match=r"no search runs now: .*: first, second"):
        watch.running(home)
    with Lock(first):
        assert watch.running(home) == first
        with Lock(second), pytest.raises(HeirloomError, match=r"several searches run: .*second"):
            watch.running(home)
