"""Adam, and the state of arrays as text."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

import numpy as np

from .tape import Array, Value


class Adam:
    """Makes steps that raise an objective, by the derivatives that `Value.backward` left.

    Kingma, Ba: Adam: A Method for Stochastic Optimization, ICLR 2015,
    https://arxiv.org/abs/1412.6980

    Args:
        parameters: what is changed, by name.
        rate: the learning rate.
        beta1, beta2: decay of the averages of the derivative and of its square.
        epsilon: is added to the root of the latter.
    """

    def __init__(
        self,
        parameters: Mapping[str, Value],
        rate: float,
        *,
        beta1: float = 0.9,
        beta2: float = 0.999,
        epsilon: float = 1e-8,
    ) -> None:
        self._parameters = parameters
        self._rate = rate
        self._betas = (beta1, beta2)
        self._epsilon = epsilon
        self._steps = 0
        self._means = {name: np.zeros_like(each.data) for name, each in parameters.items()}
        self._squares = {name: np.zeros_like(each.data) for name, each in parameters.items()}

    def ascend(self) -> None:
        """Make one step. A parameter without a derivative takes part with 0."""
        self._steps += 1
        beta1, beta2 = self._betas
        rate = self._rate * (1 - beta2**self._steps) ** 0.5 / (1 - beta1**self._steps)
        epsilon = self._epsilon * (1 - beta2**self._steps) ** 0.5  # as the paper has it
        for name, each in self._parameters.items():
            grad = np.zeros_like(each.data) if each.grad is None else each.grad
            mean, square = self._means[name], self._squares[name]
            mean += (1 - beta1) * (grad - mean)
            square += (1 - beta2) * (grad * grad - square)
            each.data = each.data + rate * mean / (np.sqrt(square) + epsilon)
            each.grad = None

    def state(self) -> dict[str, Any]:
        """The parameters and the averages, as JSON."""
        return {
            "steps": self._steps,
            "arrays": {
                name: [dump(each.data), dump(self._means[name]), dump(self._squares[name])]
                for name, each in self._parameters.items()
            },
        }

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Take over what `state` returned. Raises ValueError if an array has another size."""
        if state["arrays"].keys() != self._parameters.keys():
            raise ValueError(f"the state has the arrays {', '.join(state['arrays'])}")
        self._steps = state["steps"]
        for name, texts in state["arrays"].items():
            each = self._parameters[name]
            each.data, self._means[name], self._squares[name] = (
                load(text, each.data.shape) for text in texts
            )


def dump(array: Array) -> str:
    """The numbers of an array, exactly: base64 of 64-bit floats, the lowest byte first."""
    return base64.b64encode(array.astype("<f8").tobytes()).decode("ascii")


def load(text: str, shape: tuple[int, ...]) -> Array:
    """The array that `dump` wrote. Raises ValueError if it does not have this shape's size."""
    return np.frombuffer(base64.b64decode(text), "<f8").reshape(shape).astype(np.float64)
