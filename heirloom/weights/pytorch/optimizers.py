"""An optimizer's state, by the names of the parameters instead of by their numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any, Union

import torch
from torch import nn

from ..errors import WeightsError
from ..plan import Transfer
from ..source import Source
from ..write import OptimizerState
from .modules import parameters
from .move import copy, mean

_SCALARS = (bool, int, float, str, type(None))


Given = Union[torch.optim.Optimizer, Sequence[torch.optim.Optimizer]]


def listed(optimizer: Given) -> Sequence[torch.optim.Optimizer]:
    """The optimizers of an argument that is one or several."""
    return [optimizer] if isinstance(optimizer, torch.optim.Optimizer) else optimizer


def state_of(optimizer: Given, model: nn.Module) -> OptimizerState:
    """The optimizers' state for each parameter. Raises WeightsError for what cannot be saved."""
    names = parameters(model)
    tensors: dict[str, torch.Tensor] = {}
    values: dict[str, dict[str, Any]] = {}
    states = chain.from_iterable(each.state.items() for each in listed(optimizer))
    for parameter, state in states:
        name = names.get(id(parameter))
        if name is None:
            raise WeightsError(
                "the optimizer has a parameter that is not in the model: save the whole model, or "
                "leave the optimizer out"
            )
        for key, value in state.items():
            if isinstance(value, torch.Tensor):
                tensors[f"{name}/{key}"] = value
            elif isinstance(value, _SCALARS):
                values.setdefault(name, {})[key] = value
            else:
                raise WeightsError(
                    f"the optimizer's {key} of {name} is neither a tensor nor a plain value but "
                    f"{type(value).__name__}: leave the optimizer out"
                )
    return OptimizerState(tensors, values)


def restore(
    optimizer: torch.optim.Optimizer,
    model: nn.Module,
    transfers: Mapping[str, Transfer],
    sources: Sequence[Source],
) -> int:
    """Give parameters the state that their parents' had; return for how many that was possible.

    State of a parameter's shape is cut as the parameter was, with zeros where the parameter is
    new. A parameter that is a mean of several parents gets the mean of their state, as far as they
    have it; step counts and what is no floating-point number come from the first that has it. A
    parameter whose parent has other state starts without.

    Averaging momentum beside weights: Yu, Jin, Yang 2019, https://arxiv.org/abs/1905.03817.
    """
    saved = [source.optimizer() for source in sources]
    names = parameters(model)
    restored = 0
    for group in optimizer.param_groups:
        for parameter in group["params"]:
            transfer = transfers.get(names.get(id(parameter), ""))
            if transfer is None:
                continue
            states = []
            for number, source in transfer.sources:
                shape = sources[number].tensors[source].shape
                found = saved[number].get(source, {})
                states.append(_fitted(found, shape, parameter, transfer, _on_device(group)))
            state = _mean([each for each in states if each])
            if state:
                optimizer.state[parameter] = state
                restored += 1
    return restored


def _mean(states: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The mean of several states of a parameter; empty without any."""
    if len(states) < 2:
        return states[0] if states else {}
    mixed: dict[str, Any] = {}
    for key in dict.fromkeys(key for state in states for key in state):
        values = [state[key] for state in states if state.get(key) is not None]
        mixed[key] = values[0] if values else None
        if len(values) > 1 and key != "step" and all(map(_is_float, values)):
            mixed[key] = mean(values, values[0]).to(values[0].dtype)
    return mixed


def _is_float(value: Any) -> bool:
    return isinstance(value, torch.Tensor) and value.is_floating_point()


def _on_device(group: Mapping[str, Any]) -> bool:
    """Whether PyTorch keeps the step counts of a group beside the parameters."""
    return bool(group.get("capturable") or group.get("fused"))


def _fitted(
    found: Mapping[str, Any],
    shape: tuple[int, ...],
    parameter: torch.Tensor,
    transfer: Transfer,
    on_device: bool,
) -> dict[str, Any]:
    """The state for `parameter`; empty if a part of it does not have the parameter's shape."""
    state: dict[str, Any] = {}
    for key, value in found.items():
        if not isinstance(value, torch.Tensor):
            state[key] = value
        elif key == "step" or (value.dim() == 0 and shape):
            state[key] = value.to(parameter.device) if on_device else value.clone()
        elif tuple(value.shape) == shape:
            state[key] = torch.zeros_like(parameter, dtype=value.dtype, requires_grad=False)
            copy(state[key], value, transfer)
        else:
            return {}
    return state
