"""The section `warm_start` of the experiment file."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema

from controller.config.fields import Section

_BEST = re.compile(r"best [1-9][0-9]{0,5}")


def _trials(value: Any) -> Any:
    if isinstance(value, str) and (value == "all" or _BEST.fullmatch(value)):
        return value
    ids = value if isinstance(value, list) else []
    if not ids or any(isinstance(id, bool) or not isinstance(id, int) or id < 0 for id in ids):
        raise ValueError(f"must be best N, all, or ids of trials such as [3, 17], not {value!r}")
    if len(set(ids)) < len(ids):
        raise ValueError(f"names a trial twice: {ids}")
    return ids


Trials = Annotated[
    str | list[int],
    BeforeValidator(_trials),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "pattern": f"^(all|{_BEST.pattern})$"},
                {"type": "array", "items": {"type": "integer", "minimum": 0}, "minItems": 1},
            ]
        }
    ),
]


class WarmStartSection(Section):
    """Trials of an earlier experiment, which are imported with their weights before the search."""

    experiment: str = Field(min_length=1)
    """The name of an experiment of yours."""
    trials: Trials = "best 5"
    """Which of its trials: best N, all, or their ids."""
