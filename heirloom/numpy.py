"""Inherit and save weights that are numpy arrays, by name, as `heirloom.torch` does for PyTorch.

    from heirloom.numpy import inherit, save

    weights, report = inherit(weights)
    ...
    save(weights)

numpy and safetensors are imported when a function of this module is called.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Optional, Union

from .channel import channel
from .weights import plan as plans
from .weights.errors import WeightsError
from .weights.places import restore_paths, save_path
from .weights.plan import Tensor, Transfer
from .weights.report import InheritReport, describe
from .weights.rules import Rule, Rules
from .weights.source import Source
from .weights.write import Model, write_model

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["InheritReport", "Rule", "WeightsError", "inherit", "save"]

PathLike = Union[str, "os.PathLike[str]"]
_KINDS = {"u": "i"}  # numpy's letters for kinds of numbers that have another here


def inherit(
    arrays: Mapping[str, NDArray[Any]],
    path: Union[PathLike, Sequence[PathLike], None] = None,
    rules: Optional[Rules] = None,
    *,
    parents: str = plans.FIRST,
) -> tuple[dict[str, NDArray[Any]], InheritReport]:
    """New arrays like `arrays`, with what fits of a parent's weights, and the report.

    Arrays of equal shape are taken over whole. Of others, the common part is taken over, from the
    first index of each dimension on; a rule with `align` says so where a dimension is a kernel.
    The other arguments are those of `heirloom.torch.inherit`. Raises WeightsError.
    """
    sources = [Source(found, "np") for found in restore_paths(path)]
    targets = {
        name: Tensor(array.shape, _KINDS.get(array.dtype.kind, array.dtype.kind))
        for name, array in arrays.items()
    }
    plan = plans.make(targets, [source.tensors for source in sources], rules, parents)
    result = {name: array.copy() for name, array in arrays.items()}
    for name, transfer in plan.transfers.items():
        _move(result[name], transfer, sources)
    report = describe(plan)
    if not channel.continues_from(path):  # a checkpoint is no parent
        channel.note("inherited", report.as_dict())
    channel.say(str(report) if sources else "no parent: the arrays keep their values")
    return result, report


def save(arrays: Mapping[str, NDArray[Any]], path: Optional[PathLike] = None) -> None:
    """Save arrays, by default to the trial's save path, in the files of `heirloom.torch.save`.

    The part of a name before its first dot that differs says which file holds an array. Raises
    WeightsError or OSError.
    """
    size = sum(array.nbytes for array in arrays.values())
    write_model(save_path(path), Model(arrays, size), _write)


def _move(array: NDArray[Any], transfer: Transfer, sources: Sequence[Source]) -> None:
    found = [_read(sources[number], name) for number, name in transfer.sources]
    if len(found) > 1:
        array[...] = sum(found[1:], found[0].astype("float64")) / len(found)
    else:
        for to, of in transfer.pieces:
            array[to] = found[0][of]


def _read(source: Source, name: str) -> NDArray[Any]:
    try:
        found: NDArray[Any] = source.read(name)
    except (TypeError, AttributeError, KeyError) as error:
        raise WeightsError(
            f"numpy has no type for the tensor {name} in {source.path} ({error}): read it with "
            "heirloom.torch, or save it in single precision"
        ) from None
    return found


def _write(arrays: Mapping[str, NDArray[Any]], path: Path) -> None:
    import numpy

    try:
        from safetensors import SafetensorError
        from safetensors.numpy import save_file
    except ImportError:
        raise WeightsError(
            "the package safetensors is not installed where trials run: pip install safetensors"
        ) from None
    try:
        save_file({name: numpy.asarray(each, order="C") for name, each in arrays.items()}, path)
    except SafetensorError as error:
        raise WeightsError(f"{', '.join(arrays)} cannot be saved: {error}") from None
