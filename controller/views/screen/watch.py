"""Follow a search from another process, by its journal."""

from __future__ import annotations

import time

from rich.markup import escape

from controller.core.experiment import Experiment
from controller.engine.observer import Situation
from controller.errors import HeirloomError
from controller.formats import command, counted
from controller.state.experiment_dir import ExperimentDir
from controller.state.home import Home
from controller.state.lock import holder_of, is_locked
from controller.state.reading.follower import Follower
from controller.views import output
from controller.views.screen import waits
from controller.views.screen.screen import Screen

_POLL = 0.25  # seconds between two reads of the journal
_TEST = 1.0  # seconds between two tests of whether a controller runs
_NAMED = 10  # experiments named in an error


def running(home: Home) -> ExperimentDir:
    """The one experiment that a controller runs. Raises HeirloomError where there are more or none.

    Its text says which there are.
    """
    places = home.list()
    found = [place for place in places if is_locked(place)]
    if len(found) == 1:
        return found[0]
    if found:
        raise HeirloomError(f"several searches run: name one of {_names(found)}")
    if not places:
        raise HeirloomError(f"there is no search yet: start one with `{command('run', 'FILE')}`")
    raise HeirloomError(f"no search runs now: name one of those that exist: {_names(places)}")


def _names(places: list[ExperimentDir]) -> str:
    shown = ", ".join(place.name for place in places[:_NAMED])
    more = len(places) - _NAMED
    return f"{shown} and {more} more (`{command('status')}` lists them)" if more > 0 else shown


def watch(place: ExperimentDir) -> None:
    """Show the search until it has ended. Changes nothing. Raises HeirloomError.

    Where no controller runs it, its last state is shown until one does.
    """
    with Follower(place) as follower:
        screen = Screen(place.name)
        _greet(screen, place, follower.experiment)
        if screen.is_live:
            with screen:
                _follow(screen, place, follower)
        else:
            x = follower.experiment
            if x.closed is None:
                screen.summarize(x, situation(x, _controller(place)))
            _follow(screen, place, follower)


def situation(experiment: Experiment, no_controller: str | None) -> Situation:
    """What is known beside the events. Without a controller, time ends with the last event."""
    if no_controller is not None or experiment.closed is not None:
        note = None if experiment.closed is not None else no_controller
        return Situation(now=experiment.last_at, no_controller=note)
    now = time.time()
    return Situation(now=now, tuner_thinking=waits.seconds_thinking(experiment, now))


def _controller(place: ExperimentDir) -> str | None:
    """None while a controller runs the search; else that none does, and what to do."""
    if is_locked(place):
        return None
    return f"no controller runs it: go on with `{command('resume', place.name)}`"


def _greet(screen: Screen, place: ExperimentDir, experiment: Experiment) -> None:
    line = f"[bold]{place.name}[/]: {counted(len(experiment.trials), 'trial')}"
    if experiment.closed is not None:
        line += f", ended: {escape(experiment.closed.reason)}"
    elif is_locked(place):
        line += f" so far, run by {escape(holder_of(place))}"
    screen.say(line)


def _follow(screen: Screen, place: ExperimentDir, follower: Follower) -> None:
    """Show what happens, until the search has ended or nobody reads the output."""
    no_controller = _controller(place)
    test_at = time.monotonic() + _TEST
    while not follower.is_replaced:
        news = follower.new()
        experiment = follower.experiment
        for event in news:
            screen.tell(experiment, event)
        if time.monotonic() >= test_at:
            before, no_controller = no_controller, _controller(place)
            test_at = time.monotonic() + _TEST
            if (before is None) != (no_controller is None) and experiment.closed is None:
                screen.say(escape(no_controller or f"{holder_of(place)} runs it"))
        screen.refresh(experiment, situation(experiment, no_controller))
        if experiment.closed is not None or not output.has_reader():
            return
        time.sleep(_POLL)
    raise HeirloomError(f"{place.journal} was removed or replaced: watch the search anew")
