"""The labels of a model's choices: a value by its label, and what a label may be."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from ..space.forms import NAME
from .builders import current
from .errors import NasError


def value(label: str, options: Sequence[Any]) -> Any:
    """One of several values: a width, a kernel size, an activation's name.

    The constructor computes with it as with any number. Whether other labels exist must not depend
    on it: a number of blocks is `repeat`, a layer or another one is `choice`.

    options: numbers, texts or truth values, at least two, each of them once.

    Raises NasError for a label or options that are wrong.
    """
    check(label, options)
    return current().value(label, list(options))


def check(label: str, options: Sequence[Any]) -> None:
    """Raise NasError for a label that is no text, and for options that are no choice."""
    if not isinstance(label, str) or not label or label == NAME:
        raise NasError(f"a label must be text and not {label!r}")
    if len(options) < 2:
        raise NasError(f"{label!r} has {len(options)} option: a choice needs two or more")
    texts = []
    for one in options:
        if not isinstance(one, (str, int, float, bool)):
            raise NasError(f"{label!r}: an option must be a number or text, not {one!r}")
        texts.append(json.dumps(one))
    twice = sorted({text for text in texts if texts.count(text) > 1})
    if twice:
        raise NasError(f"{label!r} has the option {twice[0]} more than once")


_OPTION = re.compile(r"\w+")


def check_names(label: str, names: Sequence[str]) -> None:
    """Raise NasError for options that cannot name a part of a network."""
    check(label, names)
    for name in names:
        if not isinstance(name, str) or not _OPTION.fullmatch(name):
            raise NasError(
                f"{label!r}: the option {name!r} names a part of the network, and so must be "
                "letters, digits and _"
            )
