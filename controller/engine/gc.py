"""`gc`: weights that nobody keeps and nobody may read are removed when a person wants it.

A controller that runs is asked to do it. Without one it is done here, under the experiment's lock
and through its journal, with the tuner asked as it would be.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from concurrent.futures import TimeoutError as LateError
from pathlib import Path

from rich import filesize

from controller.core import events as e
from controller.core.experiment import Experiment
from controller.core.gc import garbage, leftovers, questions
from controller.core.model import Keep
from controller.engine.session import Session, lock, start_tuner
from controller.errors import HeirloomError, reason
from controller.formats import command, counted
from controller.state import record as records
from controller.state.errors import LockedError
from controller.state.experiment_dir import ExperimentDir
from controller.state.home import Home
from controller.state.inbox import Inbox
from controller.state.lock import is_locked
from controller.store.gc import Removal
from controller.tuners.pipe import TunerError
from heirloom.store.files import RealFiles

_PATIENCE = 60.0  # seconds that the tuner gets to answer


class CollectionError(HeirloomError):
    """Weights cannot be removed now."""


def collect(name: str, home: Home, *, dry_run: bool) -> str:
    """Remove what may go, or with `dry_run` nothing; what was done, in words.

    Raises HeirloomError.
    """
    place = home.find(name)
    if is_locked(place):
        return _would_at_most(place) if dry_run else _asked(place)
    try:
        with lock(name, home) as found:
            _heed_requests(found)
            return _would(found) if dry_run else _collected(found)
    except LockedError:  # somebody took it up this moment
        return _would_at_most(place) if dry_run else _asked(place)


def _heed_requests(held: Session) -> None:
    """Let retries that wait for a resume count; they stay in the inbox."""
    x = held.experiment
    for name, request in Inbox(held.place.inbox).receive():
        if request.get("action") == "retry" and isinstance(request.get("trial"), int):
            x.apply(e.RetryAsked(at=x.last_at, trial=request["trial"], request=name))


def _asked(place: ExperimentDir) -> str:
    Inbox(place.inbox).send({"action": "gc"})
    return f"asked the controller of {place.name} to remove the weights that may go"


def _would_at_most(place: ExperimentDir) -> str:
    """What the running controller would ask its tuner about."""
    x = records.load(place).experiment
    trials = {*garbage(x), *(t for t in questions(x) if x.trials[t].inheritable)}
    words = _words(x, sorted(trials), leftovers(x))
    if not words:
        return _nothing(x)
    return f"would remove at most {words}; what the tuner may still want as a parent stays"


def _would(held: Session) -> str:
    x = held.experiment
    with tempfile.TemporaryDirectory() as directory:
        said = _parents_said(held, Path(directory) / "tuner.log")
    if said is not None:
        x.apply(said)
    trials = sorted({*x.commands.removals.issued, *x.commands.removals.due, *garbage(x)})
    words = _words(x, trials, (*x.commands.leftovers.issued, *leftovers(x)))
    return f"would remove {words}" if words else _nothing(x)


def _collected(held: Session) -> str:
    x = held.experiment
    if x.gc.is_removing:  # an earlier controller was killed before it was done
        _remove(held, tuple(x.commands.removals.issued), tuple(x.commands.leftovers.issued))
    said = _parents_said(held, held.place.tuner_log)
    if said is not None:
        _tell(held, e.ParentsAsked(at=x.last_at, trials=said.trials), said)
    trials, attempts = (*x.commands.removals.due, *garbage(x)), leftovers(x)
    words = _words(x, trials, attempts)
    if not words:
        return _nothing(x)
    _tell(held, e.RemovalAsked(at=x.last_at, trials=trials, attempts=attempts))
    _remove(held, trials, attempts)
    return f"removed {words}"


def _parents_said(held: Session, log: Path) -> e.ParentsAnswered | None:
    """What the tuner says of the trials that could go; None where it need not be asked."""
    x = held.experiment
    asked = questions(x) if x.proposals_possible else ()
    if not asked:
        return None
    tuner, _ = start_tuner(held, log, lambda events: None)
    try:
        may = tuner.may_be_parent(asked).result(_PATIENCE)
    except (TunerError, LateError) as error:
        words = str(error) or f"it said nothing for {_PATIENCE:.0f} s"
        raise CollectionError(
            f"the tuner cannot say which trials it may still name as parents: {words}"
        ) from None
    finally:
        tuner.close(1.0)
    possible = tuple(trial for trial in asked if may[trial])
    return e.ParentsAnswered(at=x.last_at, trials=asked, possible=possible)


def _remove(held: Session, trials: Sequence[int], attempts: Sequence[tuple[int, int]]) -> None:
    """Carry out a removal that is journaled."""
    removal = Removal(held.root, RealFiles(), trials, attempts)
    done = None
    while done is None:
        try:
            done = removal.step(held.experiment.last_at)
        except OSError as error:
            raise CollectionError(
                f"{held.root.path} cannot be changed now: {reason(error)}: "
                f"`{command('gc', held.place.name)}` goes on from here"
            ) from None
    _tell(held, done)
    if done.problem:
        raise CollectionError(
            f"{counted(len(trials) - len(done.trials), 'trial')} cannot be removed by this user "
            f"({done.problem}): run "
            f"`{command('gc', held.place.name)}` as their owner"
        )


def _tell(held: Session, *events: e.Event) -> None:
    # The experiment's time stands still while no controller runs it: their `at` is its last.
    for event in events:
        held.experiment.apply(event)
    held.journal.append(events)


def _words(x: Experiment, trials: Sequence[int], attempts: Sequence[tuple[int, int]]) -> str:
    parts = []
    if trials:
        size = filesize.decimal(sum(x.trials[trial].size for trial in trials))
        parts.append(f"the weights of {counted(len(trials), 'trial')}, {size} ({_few(trials)})")
    if attempts:
        parts.append(f"what {counted(len(attempts), 'attempt')} left without a commit")
    return " and ".join(parts)


def _few(trials: Sequence[int]) -> str:
    named = ", ".join(map(str, trials[:10]))
    return named if len(trials) <= 10 else f"{named}, …"


def _nothing(x: Experiment) -> str:
    why = " (keep: all)" if x.rules.keep is Keep.ALL else ""
    return f"nothing to remove{why}"
