"""A trial's output, read from the store."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from controller.core.model import attempt_name
from controller.errors import HeirloomError, reason
from controller.formats import command
from controller.state import record as records
from controller.state.experiment_dir import ExperimentDir
from controller.state.reading.follower import Follower
from controller.views import output

_POLL = 0.5  # seconds between two reads while following
_CHUNK = 1 << 16


def show(place: ExperimentDir, number: int, attempt: int | None, *, follow: bool) -> None:
    """Copy a trial's output to standard output. With `follow`, go on until the trial has ended.

    Raises HeirloomError when the trial has no such attempt, its output cannot be read, or the
    experiment is removed.
    """
    with records.opened(place) as record:
        trial, root = record.trial(number), record.root
    with Follower(place) as follower:
        while not trial.attempts and follow and output.has_reader():
            time.sleep(_POLL)
            _look(follower, place)
            trial = follower.experiment.trials[number]
        if not trial.attempts:
            raise HeirloomError(f"trial {number} has no output yet, it is {trial.state}")
        count = len(trial.attempts)
        attempt = count if attempt is None else attempt
        if attempt > count:
            raise HeirloomError(f"trial {number} has {count} attempt(s), not {attempt}")
        log = root.attempt(number, attempt) / "output.log"
        position = 0
        while True:
            ended = not follow or _has_ended(root.trial(number), follower, number, attempt)
            position = _copy(log, position)
            if ended or not output.has_reader():
                break
            time.sleep(_POLL)
            _look(follower, place)
    if position == 0 and log.exists():
        print("(it printed nothing)", file=sys.stderr)  # noqa: T201 - beside its output
    elif position == 0:
        raise HeirloomError(
            f"{log}: attempt {attempt_name(number, attempt)} has no output: "
            f"see `{command('show', place.name, str(number))}`"
        )


def _look(follower: Follower, place: ExperimentDir) -> None:
    """Apply what is new. Raises HeirloomError where the experiment was removed."""
    if follower.is_replaced:
        raise HeirloomError(
            f"{place.journal} was removed or replaced: `{command('status')}` lists what there is"
        )
    follower.new()


def _has_ended(verdict: Path, follower: Follower, number: int, attempt: int) -> bool:
    if verdict.exists():
        return True
    return follower.experiment.trials[number].attempts[attempt - 1].ended_at is not None


def _copy(log: Path, position: int) -> int:
    """Copy the log from `position` on. Returns the position of its end."""
    try:
        with log.open("rb") as file:
            file.seek(position)
            while chunk := file.read(_CHUNK):
                sys.stdout.buffer.write(chunk)
                position += len(chunk)
    except FileNotFoundError:
        return position
    except OSError as error:
        raise HeirloomError(f"{log} cannot be read: {reason(error)}") from None
    sys.stdout.flush()
    return position
