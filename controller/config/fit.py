"""Params that a user gives, checked against the search space."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from controller.config.mistakes import Key
from controller.config.plugin import TunerChoice
from heirloom.space import expand, mismatches, parse
from heirloom.tuners.batch import NOT_LISTED, candidates, unlisted
from heirloom.tuners.registry import TUNERS


def initial(tuner: TunerChoice, space: Mapping[str, Any]) -> Iterator[tuple[Key, str]]:
    """The mistakes in `tuner.args.initial` of a tuner of Heirloom's, by their keys."""
    given = tuner.args.get("initial", ())
    if tuner.name not in TUNERS:
        return
    for index, params in enumerate(given):
        for path, text in problems(tuner, space, params):
            yield ("tuner", "args", "initial", index, *path), text


def unsupported(tuner: TunerChoice, space: Mapping[str, Any]) -> tuple[Key, str] | None:
    """Why a tuner of Heirloom's cannot search a space, at the parameter that the reason names."""
    reason = None if tuner.known is None else tuner.known.supports(expand(space))
    if reason is None:
        return None
    inside = (name for name in space if reason.startswith((f"{name} ", f"{name}.")))
    name = max(inside, key=len, default=None)
    text = f"tuner {tuner.name} cannot search this space: {reason}"
    return () if name is None else (name,), text


def problems(
    tuner: TunerChoice, space: Mapping[str, Any], params: Mapping[str, Any]
) -> list[tuple[Key, str]]:
    """Why params are no candidate of the space. None for a tuner that is not Heirloom's."""
    if tuner.name not in TUNERS:
        return []
    if tuner.name == "batch":
        return [((), NOT_LISTED)] if unlisted(candidates(space), [params]) else []
    return list(mismatches(parse(space, layers=True), params))
