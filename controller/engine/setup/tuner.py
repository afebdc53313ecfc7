"""Starts the tuner's process, and brings it to the state that the journal leads to."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from controller.config.declared import check as check_declared
from controller.core import events as e
from controller.engine.continuation.calls import calls
from controller.engine.continuation.replay import known
from controller.engine.session import Session
from controller.engine.setup import interpreter
from controller.errors import LaunchError
from controller.tuners.pipe import TunerError
from controller.tuners.process import TunerProcess
from heirloom.tuners.process.protocol import Declared, SavedState

_TUNER_START = 60.0  # seconds
_log = logging.getLogger(__name__)


class StartedTuner(NamedTuple):
    """A tuner's process that is ready."""

    process: TunerProcess
    declared: Declared
    differences: Sequence[str]  # a line for each journaled call that it now answers differently


def start_tuner(
    session: Session, log: Path, post: Callable[[Sequence[e.Event]], None]
) -> StartedTuner:
    """Start the tuner and bring it to the state that the journal leads to. Raises LaunchError."""
    state = session.journal.tuner_state()
    found = None if state is None else _start_from(state.saved, session, log, post)
    after = 0 if state is None or found is None else state.seq
    tuner, declared = found or _start(session, log, post)
    repeated = calls(session.config, session.journal, session.experiment, after)
    return StartedTuner(tuner, declared, tuner.replay(repeated))


def _start_from(
    saved: SavedState, session: Session, log: Path, post: Callable[[Sequence[e.Event]], None]
) -> tuple[TunerProcess, Declared] | None:
    """A tuner's process that goes on from a state; None if it cannot. Raises LaunchError."""
    is_loaded = False

    def take(events: Sequence[e.Event]) -> None:
        if is_loaded:  # a process that fails before that is replaced
            post(events)

    tuner, declared = _start(session, log, take)
    try:
        problem = tuner.load_state(saved)
    except TunerError as error:
        problem = str(error)
    if problem:
        _log.warning("the tuner's calls are repeated: %s", problem)
        tuner.close(1.0)
        return None
    is_loaded = True
    return tuner, declared


def _start(
    session: Session, log: Path, post: Callable[[Sequence[e.Event]], None]
) -> tuple[TunerProcess, Declared]:
    """Start the tuner's process, and wait until the tuner is made. Raises LaunchError."""
    setup = session.config.tuner_setup(session.created.seed) | {
        "experiment": session.root.experiment,
        "checkpoint": str(session.directory.checkpoint),
        "resume": known(session.config, session.journal, session.experiment),
    }
    session.directory.checkpoint.mkdir(exist_ok=True)
    python, _ = interpreter.journaled(session.created)
    try:
        tuner = TunerProcess(setup, log, post, interpreter.of_tuner(session.config, python).path)
    except TunerError as error:
        raise LaunchError(str(error)) from None
    try:
        declared = tuner.wait_ready(_TUNER_START)
        check_declared(session.config, declared)
    except ValueError as error:
        tuner.close(1.0)
        raise LaunchError(str(error)) from None
    except (TunerError, TimeoutError) as error:
        tuner.close(1.0)
        raise _cannot_start(error) from None
    return tuner, declared


def _cannot_start(error: Exception) -> LaunchError:
    why = str(error) or f"it was not ready within {_TUNER_START:.0f} s"
    trace = f"\n{error.traceback.rstrip()}" if isinstance(error, TunerError) else ""
    return LaunchError(f"the tuner cannot be started: {why}{trace.rstrip()}")
