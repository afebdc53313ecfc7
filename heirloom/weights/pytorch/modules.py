"""A module's tensors, by the names that they have in the module itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Optional

import torch
from torch import nn

from ..align import CENTRE, START, Align
from ..errors import WeightsError
from ..names import without_wrappers
from ..plan import Tensor

_CONVOLUTIONS = (nn.Conv1d, nn.Conv2d, nn.Conv3d)
_TRANSPOSED = (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)
_GATES = {"LSTM": 4, "GRU": 3}
_CONTAINERS = (nn.Sequential, nn.ModuleList, nn.ModuleDict)


def tensors(model: nn.Module) -> tuple[dict[str, torch.Tensor], dict[str, str]]:
    """Parameters and persistent buffers by name, and the names of tied ones by their aliases.

    A tensor that has several names is under the first. Raises WeightsError for a tensor without
    numbers of its own.
    """
    stored = _stored(model)
    names = without_wrappers(stored)
    first: dict[tuple[object, ...], str] = {}
    found: dict[str, torch.Tensor] = {}
    tied: dict[str, str] = {}
    for key, tensor in stored.items():
        name = names[key]
        _check(name, tensor)
        same = first.setdefault(_identity(tensor), name)
        if same == name:
            found[name] = tensor
        else:
            tied[name] = same
    return found, tied


def describe(model: nn.Module) -> dict[str, Tensor]:
    """Shape, kind, alignment and units of each tensor of `tensors`."""
    found, _ = tensors(model)
    layouts = _layouts(model)
    return {
        name: Tensor(tuple(tensor.shape), _kind(tensor), *layouts.get(name, (None, None)))
        for name, tensor in found.items()
    }


def parts(model: nn.Module) -> dict[str, str]:
    """The part of the model that each tensor of `tensors` belongs to.

    That is the innermost choice of `heirloom.nas` around it, by its label; else the model's child,
    or the member of a child that is a list, a sequence or a dictionary of modules: `stages.0`.
    """
    modules = dict(model.named_modules())
    names = without_wrappers(_stored(model))
    return {name: _part(key, name, modules) for key, name in names.items()}


def _part(key: str, name: str, modules: Mapping[str, nn.Module]) -> str:
    path = key.rpartition(".")[0]
    while path:
        label = getattr(modules.get(path), "label", None)
        if isinstance(label, str):
            return label
        path = path.rpartition(".")[0]
    first, *others = name.split(".")
    child = modules.get(key.removesuffix(name) + first)
    is_member = isinstance(child, _CONTAINERS) and len(others) > 1
    return f"{first}.{others[0]}" if is_member else first


def parameters(model: nn.Module) -> dict[int, str]:
    """The plain name of each parameter, by its id()."""
    names = without_wrappers(_stored(model))
    return {
        id(parameter): names[key] for key, parameter in model.named_parameters() if key in names
    }


def _stored(model: nn.Module) -> dict[str, torch.Tensor]:
    state = model.state_dict(keep_vars=True)
    # A module may also keep extra state that is no tensor.
    return {key: value for key, value in state.items() if isinstance(value, torch.Tensor)}


def _identity(tensor: torch.Tensor) -> tuple[object, ...]:
    """Equal for tensors that share all of their numbers."""
    if isinstance(tensor, nn.UninitializedParameter) or not tensor.numel() or tensor.is_meta:
        return (id(tensor),)
    return (tensor.data_ptr(), tensor.shape, tensor.stride(), tensor.dtype, tensor.device)


def _check(name: str, tensor: torch.Tensor) -> None:
    why = ""
    if isinstance(tensor, (nn.UninitializedParameter, nn.UninitializedBuffer)):
        why = "has no shape yet: run the model once before"
    elif hasattr(tensor, "full_tensor"):
        why = "is spread over processes (DTensor): gather it before"
    elif tensor.is_meta:
        why = "has no numbers: it is on the meta device"
    elif tensor.is_quantized:
        why = "is quantized: keep the weights in floating point, and quantize afterwards"
    elif tensor.layout != torch.strided:
        why = f"is sparse ({tensor.layout}): make it dense before"
    if why:
        raise WeightsError(f"the tensor {name} {why}")


def _kind(tensor: torch.Tensor) -> str:
    if tensor.is_floating_point():
        return "f"
    if tensor.is_complex():
        return "c"
    return "b" if tensor.dtype == torch.bool else "i"


def _layouts(model: nn.Module) -> dict[str, tuple[tuple[Align, ...], Optional[int]]]:
    """Alignment and dimension of the units, by plain name, of tensors of modules known here."""
    names = without_wrappers(_stored(model))
    return {
        names[key]: (how, units)
        for path, module in model.named_modules()
        for own, how, units in _layout(module)
        if (key := f"{path}.{own}" if path else own) in names
    }


def _layout(module: nn.Module) -> Iterator[tuple[str, tuple[Align, ...], Optional[int]]]:
    """Name, alignment and dimension of the units of a module's own tensors."""
    if isinstance(module, nn.Linear):
        yield "weight", (START, START), 0
    elif isinstance(module, (*_CONVOLUTIONS, *_TRANSPOSED)):
        units = 0 if isinstance(module, _CONVOLUTIONS) else 1
        yield "weight", (START, START, *(CENTRE,) * len(module.kernel_size)), units
    elif isinstance(module, (nn.RNNBase, nn.RNNCellBase)):
        mode = module.mode if isinstance(module, nn.RNNBase) else type(module).__name__[:-4]
        for name, parameter in module.named_parameters(recurse=False):
            dimensions = parameter.dim()
            yield name, _gates(module, mode, name, dimensions), 0 if dimensions > 1 else None
    elif isinstance(module, nn.MultiheadAttention):
        yield "in_proj_weight", (3, START), 0
        yield "in_proj_bias", (3,), None


def _gates(module: nn.Module, mode: str, name: str, dimensions: int) -> tuple[Align, ...]:
    """Of a recurrent layer's parameter, with PyTorch's names for them: `weight_ih_l1_reverse`."""
    gates: Align = START if name.startswith("weight_hr") else _GATES.get(mode, START)
    if dimensions == 1:
        return (gates,)
    # From the second layer on, the input is that of both directions, one after the other.
    both = getattr(module, "bidirectional", False)
    inner = both and name.startswith("weight_ih") and not name.startswith("weight_ih_l0")
    return gates, 2 if inner else START
