"""Starts the tuner's process, and brings it to the state that the journal leads to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from controller.config.declared import check as check_declared
from controller.core import events as e
from controller.engine.session import Session
from controller.engine.setup import interpreter
from controller.errors import LaunchError
from controller.tuners.pipe import TunerError
from controller.tuners.process import TunerProcess
from heirloom.tuners.process.protocol import Declared

_TUNER_START = 60.0  # seconds


class StartedTuner(NamedTuple):
    """A tuner's process that is ready."""

    process: TunerProcess
    declared: Declared
    differences: Sequence[str]  # a line for each journaled call that it now answers differently


def start_tuner(
    session: Session, log: Path, post: Callable[[Sequence[e.Event]], None]
) -> StartedTuner:
    """Start the tuner and bring it to the state that the journal leads to. Raises LaunchError."""
    setup = session.config.tuner_setup(session.created.seed) | {
        "experiment": session.root.experiment,
        "checkpoint": str(session.directory.checkpoint),
        "resume": session.known,
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
        return StartedTuner(tuner, declared, tuner.replay(session.calls))
    except ValueError as error:
        tuner.close(1.0)
        raise LaunchError(str(error)) from None
    except (TunerError, TimeoutError) as error:
        tuner.close(1.0)
        why = str(error) or f"it was not ready within {_TUNER_START:.0f} s"
        trace = f"\n{error.traceback.rstrip()}" if isinstance(error, TunerError) else ""
        raise LaunchError(f"the tuner cannot be started: {why}{trace.rstrip()}") from None
