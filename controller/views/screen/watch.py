"""Follow a search from another process, by its journal."""

from __future__ import annotations

import time
from collections.abc import Iterator

from rich.markup import escape

from controller.core import events as e
from controller.core.experiment import Experiment
from controller.engine.observer import Situation
from controller.errors import HeirloomError
from controller.formats import command, counted
from controller.state.experiment_dir import ExperimentDir
from controller.state.home import Home
from controller.state.journal import Journal
from controller.state.lock import holder_of, is_locked
from controller.state.record import read_config
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
        for _ in follower.new():
            pass
        screen = Screen(place.name)
        _greet(screen, place, follower.experiment)
        if screen.is_live:
            with screen:
                _follow(screen, place, follower)
        else:
            if follower.experiment.closed is None:
                screen.summarize(follower.experiment, follower.situation(_controller(place)))
            _follow(screen, place, follower)


class Follower:
    """An experiment as its journal has it, from the first event to the newest.

    Use as a context manager.
    """

    def __init__(self, place: ExperimentDir) -> None:
        self.experiment = Experiment(read_config(place).rules())
        self._place = place
        self._journal = Journal.open(place.journal, readonly=True)
        self._inode = _inode(place)
        self._last = 0  # the number of the last event that was read

    def new(self) -> Iterator[e.Event]:
        """Apply the events since the last read, in order, and return each.

        Costs as much as there are new events. Raises HeirloomError.
        """
        for number, event in self._journal.read(self._last):
            self._last = number
            self.experiment.apply(event)
            yield event

    def situation(self, no_controller: str | None) -> Situation:
        """What is known beside the events. Without a controller, time ends with the last event."""
        if no_controller is not None or self.experiment.closed is not None:
            note = None if self.experiment.closed is not None else no_controller
            return Situation(now=self.experiment.last_at, no_controller=note)
        now = time.time()
        return Situation(now=now, tuner_thinking=waits.seconds_thinking(self.experiment, now))

    @property
    def is_replaced(self) -> bool:
        """Whether the journal that is read is no longer the experiment's."""
        found = _inode(self._place)
        return found is None or found != self._inode

    def __enter__(self) -> Follower:
        return self

    def __exit__(self, *_: object) -> None:
        self._journal.close()


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
    experiment, no_controller = follower.experiment, _controller(place)
    test_at = time.monotonic() + _TEST
    while not follower.is_replaced:
        for event in list(follower.new()):  # the journal is not held open while lines are written
            screen.tell(experiment, event)
        if time.monotonic() >= test_at:
            before, no_controller = no_controller, _controller(place)
            test_at = time.monotonic() + _TEST
            if (before is None) != (no_controller is None) and experiment.closed is None:
                screen.say(escape(no_controller or f"{holder_of(place)} runs it"))
        screen.refresh(experiment, follower.situation(no_controller))
        if experiment.closed is not None or not output.has_reader():
            return
        time.sleep(_POLL)
    raise HeirloomError(f"{place.journal} was removed or replaced: watch the search anew")


def _inode(place: ExperimentDir) -> int | None:
    """The journal's inode; None if the experiment was removed."""
    try:
        return place.journal.stat().st_ino
    except OSError:
        return None
