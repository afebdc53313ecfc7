"""Run one search under faults: inject a fault, wait for the next verdict, repeat."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence

from tests.faults.audit import audit
from tests.faults.observer import Observer
from tests.faults.place import Fault, MissedError, Place
from tests.faults.tally import Tally

Tell = Callable[[str], None]

_LOOK = 0.3  # seconds between two checks


class HangError(Exception):
    """No verdict appeared in time after a fault ended."""


def endure(place: Place, rng: random.Random, kinds: Sequence[str], tell: Tell) -> Tally:
    """Run a search to its end, and inject faults of the given `kinds` in turn.

    Those that did not come to their turn are in nobody's tally.
    """
    tally = Tally()
    terminal = place.terminal
    with Observer(place, _LOOK) as observer:
        try:
            _wait(place, observer, 0)
            for kind in kinds:
                if terminal.finished:
                    break
                time.sleep(rng.uniform(0.0, 1.5))
                _once(place, observer, place.faults[kind], rng, tally, tell)
            place.enough()
            while not terminal.finished:
                _wait(place, observer, observer.count)
        except HangError as hang:
            tally.hangs.append(str(hang))
        tally.other += observer.broken
        seen = observer.seen
    terminal.kill()
    audit(place, seen, tally)
    return tally


def _once(
    place: Place, observer: Observer, fault: Fault, rng: random.Random, tally: Tally, tell: Tell
) -> None:
    """Inject one fault, and wait for the next verdict."""
    terminal = place.terminal
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
    healed = time.monotonic()
    if not terminal.alive and not fault.ends_controller and terminal.code:
        tally.other.append(f"{fault.kind}: the controller ended, {terminal.last_words}")
    terminal.ensure()
    count = observer.count
    _wait(place, observer, count)
    seconds = time.monotonic() - healed
    tally.recovery.setdefault(fault.kind, []).append(seconds)
    tell(f"{fault.kind} ({what}): {seconds:.1f} s until the next verdict")


def _wait(place: Place, observer: Observer, count: int) -> None:
    """Wait for a verdict or the end of the search. A controller that ended is started again."""
    end = time.monotonic() + place.patience
    while not observer.wait(count, 0.2):
        place.terminal.ensure()
        if place.terminal.finished:
            return
        if time.monotonic() > end:
            raise HangError(
                f"no verdict within {place.patience:g} s; the controller: "
                f"{place.terminal.last_words}"
            )
