"""Which trials a picture shows where there are too many of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from controller.core.model import Trial


def thinned(trials: Sequence[Trial], limit: int, always: Iterable[Trial] = ()) -> list[Trial]:
    """At most `limit` of the trials in their order: `always`, and of the others evenly many."""
    if len(trials) <= limit:
        return list(trials)
    first = dict.fromkeys(trial.id for trial in always)
    kept = set(list(first)[:limit])
    others = [trial.id for trial in trials if trial.id not in kept]
    room = limit - len(kept)
    kept.update(others[at * len(others) // room] for at in range(room))
    return [trial for trial in trials if trial.id in kept]
