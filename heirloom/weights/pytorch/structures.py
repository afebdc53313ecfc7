"""Models with a `structure`: what they inherit from a network of another structure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Optional, Protocol, runtime_checkable

import torch
from torch import nn

from ..plan import Tensor
from ..source import Source


@runtime_checkable
class Structured(Protocol):
    """A module that can grow out of a network of another structure.

    structure: plain JSON that is saved beside the weights.
    """

    structure: Any

    def grown(
        self, structure: Any, tensors: Mapping[str, torch.Tensor]
    ) -> Optional[tuple[Mapping[str, torch.Tensor], bool]]:
        """Tensors of this module, by their names, from those of a network of another structure.

        What is missing is inherited as in other models. The second value is whether this module
        computes what the other network computes. None: everything is inherited as in other models.
        Raises WeightsError for a structure that cannot be read.
        """


class Grown(Source):
    """Saved weights, of which some tensors were given the shapes of the model."""

    def __init__(
        self, source: Source, tensors: Mapping[str, torch.Tensor], *, same_function: bool
    ) -> None:
        self.path, self.index = source.path, source.index
        self.same_function = same_function
        self._source = source
        self._grown = tensors
        self.tensors = {
            **source.tensors,
            **{
                name: Tensor(tuple(tensor.shape), "f" if tensor.is_floating_point() else "i")
                for name, tensor in tensors.items()
            },
        }

    def read(self, name: str) -> Any:
        """A tensor, in the shape of the model if it was given that."""
        return self._grown[name] if name in self._grown else self._source.read(name)

    def optimizer(self) -> dict[str, dict[str, Any]]:
        """The optimizer's state as it was saved."""
        return self._source.optimizer()


def structure_of(model: nn.Module) -> Any:
    """The structure of a model, as it is saved; None for a model without one."""
    found = _structured(model)
    return None if found is None else found.structure


def grown(model: nn.Module, source: Source) -> Source:
    """The source, as far as possible in the shapes of a model with a structure.

    Raises WeightsError for a saved structure that is damaged.
    """
    found = _structured(model)
    saved = source.index.structure
    if found is None or saved is None or saved == found.structure:
        return source
    tensors = {name: source.read(name) for name in source.tensors}
    made = found.grown(saved, tensors)
    return source if made is None else Grown(source, made[0], same_function=made[1])


def same_function(sources: Sequence[Source]) -> Optional[bool]:
    """Whether the first source gives the model its function; None if no structure was changed."""
    first = sources[0] if sources else None
    return first.same_function if isinstance(first, Grown) else None


def _structured(model: nn.Module) -> Optional[Structured]:
    """The model itself, or what torch.compile or DistributedDataParallel wraps.

    None for a module with more tensors than such a module within it.
    """
    inner: Any = model
    while not isinstance(inner, Structured):
        inner = getattr(inner, "_orig_mod", None) or getattr(inner, "module", None)
        if not isinstance(inner, nn.Module):
            return None
    found: Any = inner
    return inner if len(found.state_dict()) == len(model.state_dict()) else None
