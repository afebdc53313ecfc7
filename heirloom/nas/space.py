"""The search space of recorded labels, in NNI's JSON form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..space.forms import NAME
from .builders import Label, Step

Paths = list[tuple[Step, ...]]


def search_space(labels: Mapping[str, Label]) -> dict[str, Any]:
    """A choice for each label.

    A label that exists only within options of one other label is nested in these options. One that
    exists in several places lies where it covers all of them.
    """
    return _level({label: known.paths for label, known in labels.items()}, labels)


def _level(entries: Mapping[str, Paths], labels: Mapping[str, Label]) -> dict[str, Any]:
    here: list[str] = []
    inner: dict[str, dict[str, dict[str, Paths]]] = {}  # by label, option and label
    for label, paths in entries.items():  # a label comes before those within it
        above = {path[0][0] if path else None for path in paths}
        [only] = above if len(above) == 1 else [None]
        if only is None or only not in here:
            here.append(label)
            continue
        for (_, options), *rest in paths:
            for option in options:
                nested = inner.setdefault(only, {}).setdefault(option, {})
                nested.setdefault(label, []).append(tuple(rest))
    return {label: _choice(labels[label], inner.get(label, {}), labels) for label in here}


def _choice(
    known: Label, inner: Mapping[str, Mapping[str, Paths]], labels: Mapping[str, Label]
) -> dict[str, Any]:
    options = [
        {NAME: option, **_level(inner[option], labels)} if option in inner else option
        for option in known.options
    ]
    return {"_type": "choice", "_value": options}
