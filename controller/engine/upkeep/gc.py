"""Garbage-collect weights on request.

If a controller runs the experiment, the request goes to its inbox. Otherwise the weights are
removed here, under the experiment's lock and through its journal, after the tuner was asked.
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
from controller.engine.session import Session, lock
from controller.engine.setup.tuner import start_tuner
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

_TUNER_TIMEOUT = 60.0  # seconds


class GcError(HeirloomError):
    """Weights cannot be removed now."""


def collect(name: str, home: Home, *, dry_run: bool) -> str:
    """Remove unneeded weights, or only list them with `dry_run`; return a line for the user.

    Raises HeirloomError.
    """
    directory = home.find(name)
    if is_locked(directory):
        return _list_at_most(directory) if dry_run else _request(directory)
    try:
        with lock(name, home) as found:
            _apply_retry_requests(found)
            return _list(found) if dry_run else _remove_garbage(found)
    except LockedError:  # a controller took the lock just now
        return _list_at_most(directory) if dry_run else _request(directory)


def _apply_retry_requests(session: Session) -> None:
    """Apply the retries that wait for a resume, so that they keep weights. They stay queued."""
    x = session.experiment
    for name, request in Inbox(session.directory.inbox).receive():
        if request.get("action") == "retry" and isinstance(request.get("trial"), int):
            x.apply(e.RetryAsked(at=x.last_at, trial=request["trial"], request=name))


def _request(directory: ExperimentDir) -> str:
    Inbox(directory.inbox).send({"action": "gc"})
    return f"asked the controller of {directory.name} to remove unneeded weights"


def _list_at_most(directory: ExperimentDir) -> str:
    """The upper limit of what the running controller would remove."""
    x = records.load(directory).experiment
    trials = {*garbage(x), *(t for t in questions(x) if x.trials[t].inheritable)}
    listed = _describe(x, sorted(trials), leftovers(x))
    if not listed:
        return _nothing(x)
    return f"would remove at most {listed}; weights that the tuner may still name as a parent stay"


def _list(session: Session) -> str:
    x = session.experiment
    with tempfile.TemporaryDirectory() as directory:
        answered = _ask_for_parents(session, Path(directory) / "tuner.log")
    if answered is not None:
        x.apply(answered)
    trials = sorted({*x.commands.removals.issued, *x.commands.removals.due, *garbage(x)})
    listed = _describe(x, trials, (*x.commands.leftovers.issued, *leftovers(x)))
    return f"would remove {listed}" if listed else _nothing(x)


def _remove_garbage(session: Session) -> str:
    x = session.experiment
    if x.gc.is_removing:  # an earlier controller was killed before it was done
        _remove(session, tuple(x.commands.removals.issued), tuple(x.commands.leftovers.issued))
    answered = _ask_for_parents(session, session.directory.tuner_log)
    if answered is not None:
        _record(session, e.ParentsAsked(at=x.last_at, trials=answered.trials), answered)
    trials, attempts = (*x.commands.removals.due, *garbage(x)), leftovers(x)
    listed = _describe(x, trials, attempts)
    if not listed:
        return _nothing(x)
    _record(session, e.RemovalAsked(at=x.last_at, trials=trials, attempts=attempts))
    _remove(session, trials, attempts)
    return f"removed {listed}"


def _ask_for_parents(session: Session, log: Path) -> e.ParentsAnswered | None:
    """The tuner's answer about the trials whose weights could go; None if there are none."""
    x = session.experiment
    asked = questions(x) if x.proposals_possible else ()
    if not asked:
        return None
    tuner = start_tuner(session, log, lambda events: None).process
    try:
        may = tuner.may_be_parent(asked).result(_TUNER_TIMEOUT)
    except (TunerError, LateError) as error:
        why = str(error) or f"no answer within {_TUNER_TIMEOUT:.0f} s"
        raise GcError(
            f"the tuner did not say which trials it may still name as parents: {why}"
        ) from None
    finally:
        tuner.close(1.0)
    possible = tuple(trial for trial in asked if may[trial])
    return e.ParentsAnswered(at=x.last_at, trials=asked, possible=possible)


def _remove(session: Session, trials: Sequence[int], attempts: Sequence[tuple[int, int]]) -> None:
    """Carry out a removal that the journal holds."""
    removal = Removal(session.root, RealFiles(), trials, attempts)
    done = None
    while done is None:
        try:
            done = removal.step(session.experiment.last_at)
        except OSError as error:
            raise GcError(
                f"{session.root.path} cannot be changed now: {reason(error)}: run "
                f"`{command('gc', session.directory.name)}` again to continue"
            ) from None
    _record(session, done)
    if done.problem:
        raise GcError(
            f"{counted(len(trials) - len(done.trials), 'trial')} cannot be removed by this user "
            f"({done.problem}): run "
            f"`{command('gc', session.directory.name)}` as their owner"
        )


def _record(session: Session, *events: e.Event) -> None:
    # An experiment's time only advances while a controller runs it. So callers use `last_at`.
    for event in events:
        session.experiment.apply(event)
    session.journal.append(events)


def _describe(x: Experiment, trials: Sequence[int], attempts: Sequence[tuple[int, int]]) -> str:
    parts = []
    if trials:
        size = filesize.decimal(sum(x.trials[trial].size for trial in trials))
        parts.append(f"the weights of {counted(len(trials), 'trial')}, {size} ({_ids(trials)})")
    if attempts:
        parts.append(f"what {counted(len(attempts), 'attempt')} left without a commit")
    return " and ".join(parts)


def _ids(trials: Sequence[int]) -> str:
    first = ", ".join(map(str, trials[:10]))
    return first if len(trials) <= 10 else f"{first}, …"


def _nothing(x: Experiment) -> str:
    why = " (keep: all)" if x.rules.keep is Keep.ALL else ""
    return f"nothing to remove{why}"
