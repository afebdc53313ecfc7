"""Plans which tensors of a model are taken over from which parent, and which part of each."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Optional

from . import align
from .align import Align, Piece, Slices
from .errors import WeightsError
from .rules import NEW, WHOLE, Matcher, Rules

FIRST, MEAN = "first", "mean"
_AVERAGED = "fc"  # kinds of numbers
_KINDS = {("b", "i"), ("b", "f"), ("i", "f"), ("i", "c"), ("f", "c"), ("b", "c")}  # safe casts


@dataclass(frozen=True)
class Tensor:
    """Shape and kind of numbers of a tensor.

    kind: "f" floating point, "i" integer, "b" boolean, "c" complex.
    align: how each dimension is aligned with that of another shape; by default from the start.
    units: the dimension of the units whose weights these are. A unit that is inherited then has
        zeros where its parent has no weights. None: what is new keeps its values.
    """

    shape: tuple[int, ...]
    kind: str = "f"
    align: Optional[tuple[Align, ...]] = None
    units: Optional[int] = None


@dataclass(frozen=True)
class Transfer:
    """What one tensor takes over.

    sources: (number of the parent, name there); the mean is taken of several.
    pieces: the part of the tensor and the part of the source, for each piece.
    zeros: parts of the tensor that are zero but for the pieces.
    """

    name: str
    sources: tuple[tuple[int, str], ...]
    pieces: tuple[Piece, ...]
    whole: bool
    zeros: tuple[Slices, ...] = ()


@dataclass(frozen=True)
class Plan:
    """Transfers by tensor name; the names of tensors that stay new; unused tensors of parents.

    mean_of: the number of parents of which the mean is taken; None if it is not.
    fewer: names of tensors that are not taken from all of them, since one has another shape.
    """

    transfers: Mapping[str, Transfer]
    new: tuple[str, ...]
    unused: tuple[str, ...]
    inherited: int  # numbers
    total: int  # numbers
    mean_of: Optional[int] = None
    fewer: tuple[str, ...] = ()


def make(
    targets: Mapping[str, Tensor],
    parents: Sequence[Mapping[str, Tensor]],
    rules: Optional[Rules] = None,
    combine: str = FIRST,
) -> Plan:
    """Plan what `targets` inherit.

    With "first", a tensor comes from the first parent that has it in equal shape, else from the
    first that has a part of it. With "mean", it is the mean over the parents that have it in equal
    shape; integers come from the first of them. Raises WeightsError.
    """
    if combine not in (FIRST, MEAN):
        raise WeightsError(f"parents are combined by {FIRST!r} or {MEAN!r}, not {combine!r}")
    matcher = Matcher(rules)
    transfers: dict[str, Transfer] = {}
    for name, tensor in targets.items():
        found = _find(name, tensor, parents, matcher, combine)
        if found is not None:
            transfers[name] = found
    used = {source for found in transfers.values() for source in found.sources}
    is_mean = combine == MEAN and len(parents) > 1
    return Plan(
        transfers=transfers,
        new=tuple(name for name in targets if name not in transfers),
        unused=_unused(parents, used),
        inherited=sum(sum(map(align.count, found.pieces)) for found in transfers.values()),
        total=sum(math.prod(tensor.shape) for tensor in targets.values()),
        mean_of=len(parents) if is_mean else None,
        fewer=tuple(
            name
            for name, found in transfers.items()
            if is_mean and targets[name].kind in _AVERAGED and len(found.sources) < len(parents)
        ),
    )


def shares(
    plan: Plan, targets: Mapping[str, Tensor], parts: Mapping[str, str]
) -> list[tuple[str, float]]:
    """The inherited share of the numbers of each part, in the order of the tensors.

    parts: the part that a tensor belongs to, by the tensor's name. A part without numbers has no
        share.
    """
    totals: dict[str, int] = {}
    inherited: dict[str, int] = {}
    for name, tensor in targets.items():
        part, transfer = parts[name], plan.transfers.get(name)
        moved = 0 if transfer is None else sum(map(align.count, transfer.pieces))
        totals[part] = totals.get(part, 0) + math.prod(tensor.shape)
        inherited[part] = inherited.get(part, 0) + moved
    return [(part, inherited[part] / total) for part, total in totals.items() if total]


def _find(
    name: str,
    tensor: Tensor,
    parents: Sequence[Mapping[str, Tensor]],
    matcher: Matcher,
    combine: str,
) -> Optional[Transfer]:
    rule, source = matcher.find(name)
    if rule.fit == NEW:
        return None
    candidates = [
        (number, parent[source])
        for number, parent in enumerate(parents)
        if source in parent and _castable(parent[source].kind, tensor.kind)
    ]
    whole = [number for number, other in candidates if other.shape == tensor.shape]
    if whole:
        chosen = whole if combine == MEAN and tensor.kind in _AVERAGED else whole[:1]
        everything = tuple(slice(0, size) for size in tensor.shape)
        sources = tuple((number, source) for number in chosen)
        return Transfer(name, sources, ((everything, everything),), whole=True)
    if rule.fit == WHOLE:
        return None
    for number, other in candidates:
        pieces = _pieces(name, tensor, other, rule.align)
        if pieces:
            zeros = align.units(tensor.shape, pieces, tensor.units)
            return Transfer(name, ((number, source),), pieces, whole=False, zeros=zeros)
    return None


def _pieces(
    name: str, tensor: Tensor, other: Tensor, ruled: Optional[Sequence[Align]]
) -> tuple[Piece, ...]:
    dimensions = len(tensor.shape)
    if len(other.shape) != dimensions:
        return ()
    chosen = ruled or tensor.align or (align.START,) * dimensions
    if len(chosen) != dimensions:
        raise WeightsError(
            f"{name} has {dimensions} dimensions, and its rule aligns {len(chosen)}: "
            "give one entry for each"
        )
    return align.overlap(tensor.shape, other.shape, chosen)


def _castable(source: str, target: str) -> bool:
    return source == target or (source, target) in _KINDS


def _unused(parents: Sequence[Mapping[str, Tensor]], used: set[tuple[int, str]]) -> tuple[str, ...]:
    """Names of the parents' tensors that no transfer reads, each once."""
    read = {name for _, name in used}
    return tuple(dict.fromkeys(name for parent in parents for name in parent if name not in read))
