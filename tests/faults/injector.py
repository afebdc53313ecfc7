"""Run one search under faults: inject a fault, wait for the next verdict, repeat."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence

from tests.faults.audit import audit
from tests.faults.environment import Environment, Fault, MissedError
from tests.faults.observer import Observer
from tests.faults.tally import Tally

Tell = Callable[[str], None]

_LOOK = 0.3  # seconds between two checks


class HangError(Exception):
    """No verdict appeared in time after a fault ended."""


def run_with_faults(
    environment: Environment, rng: random.Random, kinds: Sequence[str], tell: Tell
) -> Tally:
    """Run a search to its end, and inject faults of the given `kinds` in turn.

    Faults that are still to come when the search ends are not counted.
    """
    tally = Tally()
    terminal = environment.terminal
    with Observer(environment, _LOOK) as observer:
        try:
            _wait(environment, observer, 0)
            for kind in kinds:
                if terminal.finished:
                    break
                time.sleep(rng.uniform(0.0, 1.5))
                _once(environment, observer, environment.faults[kind], rng, tally, tell)
            environment.enough()
            while not terminal.finished:
                _wait(environment, observer, observer.count)
        except HangError as hang:
            tally.hangs.append(str(hang))
        tally.other += observer.broken
        seen = observer.seen
    terminal.kill()
    audit(environment, seen, tally)
    return tally


def _once(
    environment: Environment,
    observer: Observer,
    fault: Fault,
    rng: random.Random,
    tally: Tally,
    tell: Tell,
) -> None:
    """Inject one fault, and wait for the next verdict."""
    terminal = environment.terminal
    terminal.ensure()
    if terminal.finished:
        return
    try:
        what = fault.inject(rng)
    except MissedError as missed:
        tally.missed[fault.kind] += 1
        tell(f"{fault.kind}: missed, {missed}")
        return
    tally.injections[fault.kind] += 1
    fault_ended = time.monotonic()
    if not terminal.alive and not fault.ends_controller and terminal.code:
        tally.other.append(f"{fault.kind}: the controller ended, {terminal.summary}")
    terminal.ensure()
    count = observer.count
    _wait(environment, observer, count)
    seconds = time.monotonic() - fault_ended
    tally.recovery.setdefault(fault.kind, []).append(seconds)
    tell(f"{fault.kind} ({what}): {seconds:.1f} s until the next verdict")


def _wait(environment: Environment, observer: Observer, count: int) -> None:
    """Wait for a verdict or the end of the search. A controller that ended is started again."""
    end = time.monotonic() + environment.patience
    while not observer.wait(count, 0.2):
        environment.terminal.ensure()
        if environment.terminal.finished:
            return
        if time.monotonic() > end:
            raise HangError(
                f"no verdict within {environment.patience:g} s; "
                f"the controller: {environment.terminal.summary}"
            )
