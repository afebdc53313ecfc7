"""The gradient of architecture parameters, beside the exact one by automatic differentiation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from tests.pytorch import require_torch

torch = require_torch()

from torch import Tensor, nn
from torch.func import functional_call
from torch.nn.functional import cross_entropy

from heirloom import nas

RATE, MOMENTUM, DECAY = 0.1, 0.9, 0.01


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        options: dict[str, Callable[[], nn.Module]] = {
            "tanh": nn.Tanh,
            "norm": lambda: nn.BatchNorm1d(4),
            "linear": linear,
        }
        self.stem = nn.Linear(3, 4)
        self.first = nas.choice("first", options)
        self.second = nas.choice("second", options)
        self.head = nn.Linear(4, 3)

    def forward(self, x):
        return self.head(self.second(torch.tanh(self.first(self.stem(x)))))


def linear() -> nn.Module:
    return nn.Linear(4, 4)


class Problem:
    """A small network in double precision, a training and a validation minibatch."""

    def __init__(self, *, steps: int = 2) -> None:
        torch.manual_seed(3)
        self.network = nas.supernet(Net).double()
        self.alphas = nas.add_alphas(self.network)
        with torch.no_grad():
            for vector in self.alphas.parameters():
                vector.copy_(torch.randn(3))
        self.batches = {
            name: (torch.randn(8, 3).double(), torch.randint(3, (8,)))
            for name in ("train", "validation")
        }
        self.optimizer = torch.optim.SGD(
            nas.shared_weights(self.network), lr=RATE, momentum=MOMENTUM, weight_decay=DECAY
        )
        for _ in range(steps):
            self.optimizer.zero_grad()
            self.train().backward()
            self.optimizer.step()
        self.network.zero_grad()

    def train(self) -> Tensor:
        return self._loss("train")

    def validation(self) -> Tensor:
        return self._loss("validation")

    def gradients(self) -> list[Tensor]:
        return [vector.grad for vector in self.alphas.parameters() if vector.grad is not None]

    def exact(self) -> list[Tensor]:
        """The gradient of the validation loss after a step, through the step."""
        buffers = {name: each.clone() for name, each in self.network.named_buffers()}
        named = dict(self.network.named_parameters())
        weights = {name: each for name, each in named.items() if not name.startswith("alphas.")}

        def loss(name: str, state: Mapping[str, Tensor]) -> Tensor:
            x, y = self.batches[name]
            return cross_entropy(functional_call(self.network, {**named, **buffers, **state}, x), y)

        found = torch.autograd.grad(
            loss("train", weights), list(weights.values()), create_graph=True
        )
        moved = {}
        for (name, weight), gradient in zip(weights.items(), found, strict=True):
            velocity = self.optimizer.state[weight].get("momentum_buffer", torch.tensor(0.0))
            change = gradient + DECAY * weight + MOMENTUM * velocity
            moved[name] = weight - RATE * change
        return list(torch.autograd.grad(loss("validation", moved), list(self.alphas.parameters())))

    def _loss(self, name: str) -> Tensor:
        x, y = self.batches[name]
        return cross_entropy(self.network(x), y)


def largest_error(found: list[Tensor], exact: list[Tensor]) -> float:
    one, other = torch.cat(found), torch.cat(exact)
    return float((one - other).norm() / other.norm())


@pytest.mark.parametrize("steps", [0, 2])
def test_the_second_order_is_the_exact_gradient(steps: int) -> None:
    """Without a step there is no momentum yet."""
    problem = Problem(steps=steps)
    exact = problem.exact()
    nas.second_order(problem.network, problem.validation, problem.train, problem.optimizer)
    assert largest_error(problem.gradients(), exact) < 1e-4
    coarse = {}
    for step in (0.1, 0.01):
        nas.second_order(
            problem.network, problem.validation, problem.train, problem.optimizer, step=step
        )
        coarse[step] = largest_error(problem.gradients(), exact)
    assert coarse[0.1] / coarse[0.01] == pytest.approx(100, rel=0.1)  # central differences
    nas.first_order(problem.network, problem.validation)
    assert largest_error(problem.gradients(), exact) > 0.01


def test_the_first_order_is_the_gradient_of_the_loss() -> None:
    problem = Problem()
    loss = problem.validation()
    exact = torch.autograd.grad(loss, list(problem.alphas.parameters()))
    assert nas.first_order(problem.network, problem.validation) == loss
    assert largest_error(problem.gradients(), list(exact)) == 0


@pytest.mark.parametrize("order", [1, 2])
def test_everything_else_stays_as_it_is(order: int) -> None:
    problem = Problem()
    before = {name: each.clone() for name, each in problem.network.state_dict().items()}
    state = [each["momentum_buffer"].clone() for each in problem.optimizer.state.values()]
    gradient(order)(problem)
    after = problem.network.state_dict()
    assert before.keys() == after.keys()
    assert all(torch.equal(before[name], after[name]) for name in before)
    left = [each["momentum_buffer"] for each in problem.optimizer.state.values()]
    assert all(map(torch.equal, state, left))
    assert all(weight.grad is None for weight in nas.shared_weights(problem.network))


def test_the_network_stays_as_it_is_when_a_loss_fails() -> None:
    problem = Problem()
    before = {name: each.clone() for name, each in problem.network.state_dict().items()}

    def fail() -> Tensor:
        raise ArithmeticError

    with pytest.raises(ArithmeticError):
        nas.second_order(problem.network, fail, problem.train, problem.optimizer)
    assert all(torch.equal(before[n], each) for n, each in problem.network.state_dict().items())


def test_without_a_rate_the_second_order_is_the_first() -> None:
    problem = Problem(steps=0)
    for group in problem.optimizer.param_groups:
        group["lr"] = 0.0
    found = []
    for order in (1, 2):
        gradient(order)(problem)
        found.append(problem.gradients())
    assert largest_error(*found) == 0


def test_other_optimizers_are_refused() -> None:
    problem = Problem()
    weights = nas.shared_weights(problem.network)
    adam = torch.optim.Adam(weights)
    with pytest.raises(nas.NasError, match=r"a step of torch\.optim\.SGD, not of Adam"):
        nas.second_order(problem.network, problem.validation, problem.train, adam)
    nesterov = torch.optim.SGD(weights, lr=0.1, momentum=0.9, nesterov=True)
    with pytest.raises(nas.NasError, match="a step of SGD without nesterov"):
        nas.second_order(problem.network, problem.validation, problem.train, nesterov)


def gradient(order: int) -> Callable[[Problem], Any]:
    if order == 1:
        return lambda problem: nas.first_order(problem.network, problem.validation)
    return lambda problem: nas.second_order(
        problem.network, problem.validation, problem.train, problem.optimizer
    )
