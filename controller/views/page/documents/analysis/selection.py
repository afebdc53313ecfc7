"""Which trials a document has where an experiment has more than a browser takes."""

from __future__ import annotations

from itertools import chain

from controller.core.model import Trial
from controller.views.page.source import Source, finite


def with_ancestors(source: Source, limit: int) -> list[Trial]:
    """At most `limit` trials by id, each with the line of its first parents.

    The best line comes first, then by turns the best of the others and the newest.
    """
    if len(source.by_id) <= limit:
        return list(source.by_id.values())
    found: set[int] = set()
    valued = [trial for trial in source.by_id.values() if finite(trial.value) is not None]
    best = source.objective.ranked(valued, lambda trial: trial.value or 0.0)
    by_turns = chain.from_iterable(zip(best, reversed(source.by_id.values()), strict=False))
    for trial in chain(source.line, by_turns, reversed(source.by_id.values())):
        line = _missing(source, trial, found)
        if len(found) + len(line) > limit:
            break
        found.update(line)
    return [source.by_id[number] for number in sorted(found)]


def _missing(source: Source, trial: Trial | None, found: set[int]) -> list[int]:
    """The trial and its first parents, up to one that is found."""
    line: list[int] = []
    while trial is not None and trial.id not in found:
        line.append(trial.id)
        parents = source.parents(trial)
        trial = parents[0] if parents else None
    return line
