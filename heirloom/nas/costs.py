"""The costs of a model's candidates: each by itself, and a table of a whole search space."""

from __future__ import annotations

import json
import math
import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from statistics import fmean, median
from typing import Any, Optional

import torch

from .. import space as spaces
from ..space.forms import NAME
from .model import Cost, Model, measure, supernet
from .params import flatten

TIME_LIMIT = 20.0  # seconds
_WHOLE = 4096  # candidates of a space that are all measured
_SAMPLE = 1024  # candidates that are measured of a larger space
_COSTS = ("parameters", "macs")
_Measured = list[tuple[dict[str, Any], Cost]]  # flat params, and the cost


def table(
    model: Model,
    space: Mapping[str, Any],
    *,
    seconds: float = TIME_LIMIT,
    clock: Callable[[], float] = time.monotonic,
) -> dict[str, Any]:
    """The parameters and MACs of the candidates of a search space, in plain JSON.

    Every candidate of a space with at most 4096 is measured, otherwise a sample of 1024; fewer when
    `seconds` are over. The order is random, so that fewer are a sample too.

    The table has `candidates`, the size of the space; `measured`, how many of them the figures are
    of; `parameters` and `macs`, each with `min`, `median` and `max`; `options`, which has the means
    of both for each `label` and `option`; and `supernet`, its `parameters` and the `bytes` of all
    its tensors, or null where it cannot be built. Without an `input_shape` of the model `macs` are
    null.

    Raises NasError for a candidate that cannot be built or run.
    """
    parsed = spaces.parse(space)
    size = _size(space)
    rng = random.Random(0)  # noqa: S311 - the same candidates each time
    if size <= _WHOLE:
        drawn = list(spaces.grid(parsed))
        rng.shuffle(drawn)
    else:
        drawn = [spaces.sample(parsed, rng) for _ in range(_SAMPLE)]
    end = clock() + seconds
    found: _Measured = []
    for params in drawn:
        found.append((flatten(params), measure(model, params)))
        if clock() > end:
            break
    costs = [cost for _, cost in found]
    return {
        "candidates": size,
        "measured": len(found),
        "parameters": _spread([cost.parameters for cost in costs]),
        "macs": _spread(_macs(costs)),
        "options": list(_by_option(space, found)),
        "supernet": _supernet(model),
    }


def lines(found: Mapping[str, Any]) -> Iterator[str]:
    """A table as text: the spread of both costs, and their means by label and option."""
    yield f"of {found['measured']} of {found['candidates']} candidates"
    rows = [["", "parameters", "MACs"]]
    for key in ("min", "median", "max"):
        rows.append([key, *(_shown(found[name], key) for name in _COSTS)])
    if found["supernet"] is not None:
        rows.append(["supernet", *(_shown(found["supernet"], name) for name in _COSTS)])
    for each in found["options"]:
        option = each["option"]
        text = option if isinstance(option, str) else json.dumps(option)
        rows.append([f"{each['label']} {text}", *(_shown(each, name) for name in _COSTS)])
    widths = [max(map(len, column)) for column in zip(*rows)]
    for first, *others in rows:
        cells = (cell.rjust(width) for cell, width in zip(others, widths[1:]))
        yield "  ".join([first.ljust(widths[0]), *cells])


def _supernet(model: Model) -> Optional[dict[str, int]]:
    """The size of the supernet, which is built on PyTorch's meta device; None if it cannot be."""
    try:
        with torch.device("meta"):
            network = supernet(model)
    except Exception:  # a user's code: only methods with a supernet need one
        return None
    tensors = [*network.parameters(), *network.buffers()]
    return {
        "parameters": sum(each.numel() for each in network.parameters()),
        "bytes": sum(each.numel() * each.element_size() for each in tensors),
    }


def _macs(costs: Iterable[Cost]) -> list[int]:
    return [cost.macs for cost in costs if cost.macs is not None]


def _spread(values: Sequence[int]) -> Optional[dict[str, float]]:
    if not values:
        return None
    return {"min": min(values), "median": median(values), "max": max(values)}


def _by_option(space: Mapping[str, Any], found: _Measured) -> Iterator[dict[str, Any]]:
    costs: dict[tuple[str, str], list[Cost]] = {}
    for params, cost in found:
        for label, option in params.items():
            costs.setdefault((label, json.dumps(option)), []).append(cost)
    for label, option in dict.fromkeys(_options(space)):
        of_option = costs.get((label, option))
        if of_option:
            macs = _macs(of_option)
            yield {
                "label": label,
                "option": json.loads(option),
                "measured": len(of_option),
                "parameters": fmean(cost.parameters for cost in of_option),
                "macs": fmean(macs) if macs else None,
            }


def _options(space: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Each label with each of its options as JSON. Those within options come last."""
    within: list[Mapping[str, Any]] = []
    for label, choice in space.items():
        for option in choice["_value"]:
            if isinstance(option, Mapping):
                within.append(_inner(option))
            yield label, json.dumps(option[NAME] if isinstance(option, Mapping) else option)
    for each in within:
        yield from _options(each)


def _size(space: Mapping[str, Any]) -> int:
    """The number of candidates of a space of choices."""
    return math.prod(
        sum(_size(_inner(one)) if isinstance(one, Mapping) else 1 for one in choice["_value"])
        for choice in space.values()
    )


def _inner(option: Mapping[str, Any]) -> dict[str, Any]:
    return {label: choice for label, choice in option.items() if label != NAME}


def _shown(values: Optional[Mapping[str, Any]], key: str) -> str:
    value = None if values is None else values.get(key)
    return "" if value is None else f"{value:,.0f}"
