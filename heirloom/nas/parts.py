"""Parts of a network among which a search chooses: layers, inputs, numbers of blocks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Callable, Optional, Union

import torch
from torch import nn

from .builders import current, part_of
from .errors import NasError
from .labels import check, check_names

Make = Union[nn.Module, Callable[[], nn.Module]]


class Part(nn.Module):
    """A part that a supernet holds with all its options, and a candidate with the chosen one.

    In a supernet, `choose` selects what `forward` uses, and `mix` weights all options instead.
    """

    def __init__(self, label: str, names: Sequence[str], built: Sequence[str]) -> None:
        super().__init__()
        self.label = label
        self.names = tuple(names)
        self.built = tuple(built)
        self._chosen = self.built[0]
        self._weights: Optional[torch.Tensor] = None

    @property
    def chosen(self) -> str:
        """The option that `forward` uses."""
        return self._chosen

    @property
    def is_shared(self) -> bool:
        """Whether this is a supernet's part, with several options."""
        return len(self.built) > 1

    def choose(self, name: str) -> None:
        """Use one option. Raises NasError for one that was not built."""
        if name not in self.built:
            raise NasError(f"{self.label!r} has no option {name!r}: {', '.join(self.built)}")
        self._chosen, self._weights = name, None

    def mix(self, weights: Optional[torch.Tensor]) -> None:
        """Use the sum of all options, each by its weight; None: use the chosen one.

        weights: one number for each of `built`, in its order. Gradients flow to them.
        """
        if weights is not None and weights.shape != (len(self.built),):
            raise NasError(f"{self.label!r} needs {len(self.built)} weights")
        self._weights = weights

    def extra_repr(self) -> str:
        """The label, in the print of a module."""
        return repr(self.label)


class Choice(Part):
    """One of several layers. The child of each option has the option's name."""

    def __init__(self, label: str, options: Mapping[str, Make]) -> None:
        names = list(options)
        check_names(label, names)
        super().__init__(label, names, current().built(label, names))
        for name in self.built:
            if hasattr(self, name):
                raise NasError(f"{label!r}: the option {name!r} has the name of an attribute")
            with part_of(label, [name]):
                self.add_module(name, _made(label, name, options[name]))

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What the chosen layer returns, or the weighted sum of what all return."""
        if self._weights is None:
            return self.get_submodule(self._chosen)(*args, **kwargs)
        outputs = (self.get_submodule(name)(*args, **kwargs) for name in self.built)
        return sum(weight * out for weight, out in zip(self._weights, outputs))


class Inputs(Part):
    """Which one of several tensors a node reads."""

    def __init__(self, label: str, count: int) -> None:
        names = [str(index) for index in range(count)]
        check(label, names)
        super().__init__(label, names, current().built(label, names))

    def forward(self, tensors: Sequence[torch.Tensor]) -> torch.Tensor:
        """The chosen tensor, or the weighted sum of all."""
        if len(tensors) != len(self.names):
            raise NasError(f"{self.label!r} chooses among {len(self.names)}, not {len(tensors)}")
        if self._weights is None:
            return tensors[int(self._chosen)]
        weighted = (weight * tensor for weight, tensor in zip(self._weights, tensors))
        return torch.stack(tuple(weighted)).sum(0)


class Repeat(Part):
    """A number of blocks, one after the other. Each block's name is its index."""

    def __init__(self, label: str, counts: Sequence[int], make: Callable[[int], nn.Module]) -> None:
        if not all(isinstance(count, int) and count >= 0 for count in counts):
            raise NasError(f"{label!r}: the numbers of blocks must be whole, not {list(counts)}")
        names = [str(count) for count in counts]
        check(label, names)
        super().__init__(label, names, current().built(label, names))
        self._chosen = max(self.built, key=int)
        for index in range(int(self._chosen)):
            with part_of(label, [name for name in names if int(name) > index]):
                self.add_module(str(index), make(index))

    def mix(self, weights: Optional[torch.Tensor]) -> None:
        """Numbers of blocks cannot be weighted. Raises NasError."""
        if weights is not None:
            raise NasError(f"{self.label!r} is a number of blocks, which has no weighted sum")

    def forward(self, x: Any) -> Any:
        """Apply the blocks, as many as were chosen."""
        for index in range(int(self._chosen)):
            x = self.get_submodule(str(index))(x)
        return x


def choice(label: str, options: Union[Mapping[str, Make], Sequence[Make]]) -> Choice:
    """One of several layers.

    options: by name, or a sequence, whose options are named by their index. Each is a module, or
        better a function without arguments that makes it: then a candidate never makes what it
        does not have, and choices within an option exist only with it.

    Two choices with the same label and the same options are always alike.

    Raises NasError for a label or options that are wrong.
    """
    if not isinstance(options, Mapping):
        options = {str(index): make for index, make in enumerate(options)}
    return Choice(label, options)


def inputs(label: str, count: int) -> Inputs:
    """Which one of `count` tensors, given to `forward` as a sequence, is read.

    Raises NasError for a label that is wrong or a count below 2.
    """
    return Inputs(label, count)


def repeat(label: str, counts: Iterable[int], make: Callable[[int], nn.Module]) -> Repeat:
    """A number of blocks, one after the other: one of `counts`.

    make: makes the block of an index, which counts from 0. Labels in it may hold the index, and
        then every block chooses for itself.

    Raises NasError for a label or counts that are wrong.
    """
    return Repeat(label, list(counts), make)


def _made(label: str, name: str, make: Make) -> nn.Module:
    module = make if isinstance(make, nn.Module) else make()
    if not isinstance(module, nn.Module):
        raise NasError(f"{label!r}: the option {name!r} must be a module, not {module!r}")
    return module
