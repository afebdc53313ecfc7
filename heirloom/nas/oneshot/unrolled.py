"""The gradient of the architecture parameters of a supernet, of first and of second order.

Liu, Simonyan, Yang: DARTS: Differentiable Architecture Search, ICLR 2019, section 2.3,
https://arxiv.org/abs/1806.09055
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Callable

import torch
from torch import nn

from ..errors import NasError
from .alphas import alphas_of

Loss = Callable[[], torch.Tensor]  # of a minibatch, which the function runs through the network
STEP = 0.01  # length of the step over which the Hessian is estimated
_UNKNOWN = ("nesterov", "dampening", "maximize")  # settings of SGD that are not unrolled


def first_order(network: nn.Module, validation: Loss) -> torch.Tensor:
    """Set the gradients of the architecture parameters: those of the validation loss.

    The weights count as constants. Everything else of the network stays as it is, also the running
    statistics of BatchNorm; gradients of the weights are not touched.

    validation: runs a minibatch of the validation data through the network.

    Returns the validation loss. Raises NasError for a network without `add_alphas`.
    """
    alphas = list(alphas_of(network).parameters())
    with _kept(network.buffers()):
        loss = validation()
        _assign(alphas, _gradients(loss, alphas))
    return loss.detach()


def second_order(
    network: nn.Module,
    validation: Loss,
    train: Loss,
    optimizer: torch.optim.Optimizer,
    *,
    step: float = STEP,
) -> torch.Tensor:
    """Set the gradients of the architecture parameters: those of the validation loss one step on.

    The step is the one that `optimizer` would make next for the training loss. How it depends on
    the architecture parameters is a product of a Hessian with a vector v, which is estimated by
    finite differences, with the weights moved by `step`/|v| times v to both sides. It takes four
    passes in all. Everything of the network and of the optimizer stays as it is, also the running
    statistics of BatchNorm; gradients of the weights are not touched.

    validation: runs a minibatch of the validation data through the network.
    train: runs a minibatch of the training data through the network. It is called three times and
        should use the same minibatch.
    optimizer: torch.optim.SGD over the weights, also with momentum and weight decay.

    Returns the validation loss after the step. Raises NasError for a network without `add_alphas`
    and for an optimizer of another kind.
    """
    alphas = list(alphas_of(network).parameters())
    pairs = _weights(optimizer)
    weights = [weight for weight, _ in pairs]
    with _kept([*weights, *network.buffers()]):
        start = [weight.detach().clone() for weight in weights]
        _set(weights, _after_a_step(pairs, optimizer, _gradients(train(), weights)))
        loss = validation()
        found = _gradients(loss, [*alphas, *weights])
        direct = found[: len(alphas)]
        vector = [by * group["lr"] for by, (_, group) in zip(found[len(alphas) :], pairs)]
        length = float(torch.stack([each.norm() for each in vector]).norm())
        if length > 0:
            sides = []
            for epsilon in (step / length, -step / length):
                _set(weights, [here + each * epsilon for here, each in zip(start, vector)])
                sides.append(_gradients(train(), alphas))
            scale = length / (2 * step)
            direct = [own - (up - down) * scale for own, up, down in zip(direct, *sides)]
    _assign(alphas, direct)
    return loss.detach()


def _weights(optimizer: torch.optim.Optimizer) -> list[tuple[torch.Tensor, dict[str, Any]]]:
    """The optimizer's weights, each with the settings of its group."""
    name = type(optimizer).__name__
    if not isinstance(optimizer, torch.optim.SGD):
        raise NasError(f"second_order unrolls a step of torch.optim.SGD, not of {name}")
    for group in optimizer.param_groups:
        for setting in _UNKNOWN:
            if group[setting]:
                raise NasError(f"second_order unrolls a step of SGD without {setting}")
    return [(weight, group) for group in optimizer.param_groups for weight in group["params"]]


def _after_a_step(
    pairs: Sequence[tuple[torch.Tensor, dict[str, Any]]],
    optimizer: torch.optim.Optimizer,
    gradients: Sequence[torch.Tensor],
) -> list[torch.Tensor]:
    """What the weights would be after a step of SGD."""
    moved = []
    for (weight, group), gradient in zip(pairs, gradients):
        change = gradient + group["weight_decay"] * weight.detach()
        buffer = optimizer.state.get(weight, {}).get("momentum_buffer")
        if buffer is not None:
            change += group["momentum"] * buffer
        moved.append(weight.detach() - group["lr"] * change)
    return moved


def _gradients(loss: torch.Tensor, tensors: Sequence[torch.Tensor]) -> list[torch.Tensor]:
    """The gradients of a loss, zeros for a tensor on which it does not depend."""
    found = torch.autograd.grad(loss, tensors, allow_unused=True)
    return [
        torch.zeros_like(tensor) if gradient is None else gradient
        for tensor, gradient in zip(tensors, found)
    ]


def _assign(tensors: Sequence[torch.Tensor], gradients: Sequence[torch.Tensor]) -> None:
    for tensor, gradient in zip(tensors, gradients):
        tensor.grad = gradient.detach()


@torch.no_grad()
def _set(tensors: Sequence[torch.Tensor], values: Sequence[torch.Tensor]) -> None:
    for tensor, value in zip(tensors, values):
        tensor.copy_(value)


@contextmanager
def _kept(tensors: Iterable[torch.Tensor]) -> Iterator[None]:
    """Give the tensors back the numbers that they have now."""
    kept = list(tensors)
    before = [tensor.detach().clone() for tensor in kept]
    try:
        yield
    finally:
        _set(kept, before)
