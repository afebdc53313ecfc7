"""Which part of a tensor of one shape corresponds to which part of a tensor of another shape."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Optional, Union

Slices = tuple[slice, ...]
Piece = tuple[Slices, Slices]  # the part of the target, and the part of the source of equal shape
Align = Union[str, int]  # of one dimension: START, CENTRE, or into how many equal blocks it falls

START = "start"
CENTRE = "centre"


def overlap(
    target: Sequence[int], source: Sequence[int], align: Sequence[Align]
) -> tuple[Piece, ...]:
    """The pieces in which two shapes with as many dimensions overlap; empty if they do not.

    `align` has one entry for each dimension: START keeps the first indices (units, channels, rows
    of an embedding), CENTRE keeps the middle (the kernel of a convolution), and a number n treats
    the dimension as n blocks that follow each other (the gates of an LSTM).
    """
    along = [_dimension(t, s, how) for t, s, how in zip(target, source, align)]
    return tuple(
        (tuple(t for t, _ in pairs), tuple(s for _, s in pairs))
        for pairs in itertools.product(*along)
    )


def count(piece: Piece) -> int:
    """The number of elements in a piece."""
    elements = 1
    for part in piece[0]:
        elements *= part.stop - part.start
    return elements


def units(
    target: Sequence[int], pieces: Sequence[Piece], dimension: Optional[int]
) -> tuple[Slices, ...]:
    """The parts of the target that hold all weights of units which pieces have weights of.

    dimension: that of the units; None: there are none.
    """
    if dimension is None:
        return ()
    whole = tuple(slice(0, size) for size in target)
    found = dict.fromkeys((to[dimension].start, to[dimension].stop) for to, _ in pieces)
    return tuple(
        (*whole[:dimension], slice(start, stop), *whole[dimension + 1 :]) for start, stop in found
    )


def _dimension(target: int, source: int, how: Align) -> list[tuple[slice, slice]]:
    common = min(target, source)
    if not common:
        return []
    if how == CENTRE:
        at, of = (target - common) // 2, (source - common) // 2
        return [(slice(at, at + common), slice(of, of + common))]
    if isinstance(how, int) and not target % how and not source % how:
        each, block, other = common // how, target // how, source // how
        return [
            (slice(k * block, k * block + each), slice(k * other, k * other + each))
            for k in range(how)
        ]
    return [(slice(0, common), slice(0, common))]
