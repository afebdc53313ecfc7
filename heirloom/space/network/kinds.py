"""The types of layers, and the options of each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

ACTIVATIONS = ("bn_relu", "none")  # batch normalization and ReLU after a layer, or neither
POOLS = ("max", "avg")
JOINS = ("add", "concat")  # types with several inputs
VERTICES = ("conv", "identity")  # types that have an activation, and at which skips can end
CLASSIFIER = "linear"  # the type of the last layer, and of no other one


@dataclass(frozen=True)
class Option:
    """What values an option takes. `described` continues `must be …` in a message."""

    described: str
    accepts: Callable[[Any], bool]


def is_count(value: Any) -> bool:
    """Whether a value is a whole number above 0."""
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _is_kernel(value: Any) -> bool:
    return (
        isinstance(value, (list, tuple))
        and len(value) == 2
        and all(is_count(size) and size % 2 for size in value)
    )


def _is_rate(value: Any) -> bool:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return is_number and 0 <= value < 1


def _one_of(names: tuple[str, ...]) -> Option:
    return Option(" or ".join(names), lambda value: isinstance(value, str) and value in names)


_COUNT = Option("a whole number above 0", is_count)
_ACTIVATION = _one_of(ACTIVATIONS)

KINDS: Mapping[str, Mapping[str, Option]] = {
    "conv": {
        "filters": _COUNT,
        "kernel": Option("two odd numbers above 0, [height, width]", _is_kernel),
        "stride": _COUNT,
        "activation": _ACTIVATION,
    },
    "identity": {"activation": _ACTIVATION},
    "pool": {"method": _one_of(POOLS), "kernel": _COUNT, "stride": _COUNT},
    "add": {},
    "concat": {},
    "dropout": {"rate": Option("a number from 0 to below 1", _is_rate)},
    "global_pool": {},
    "linear": {"units": _COUNT},
}


def wrong_sources(
    kind: str, inputs: Sequence[int], skips: Sequence[int]
) -> Iterator[tuple[str, str]]:
    """What is wrong with the layers that one of a type reads: `inputs` or `skips`, and a text."""
    if kind in JOINS and len(inputs) < 2:
        yield "inputs", f"{kind} needs at least two inputs"
    if kind not in JOINS and len(inputs) != 1:
        yield "inputs", f"{kind} needs one input"
    if skips and kind not in VERTICES:
        yield "skips", f"only {' and '.join(VERTICES)} take skip connections"
    if len(set(skips)) != len(skips):
        yield "skips", "must not have an id twice"
