"""Arrays that record how they were computed, for exact derivatives (reverse mode)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Optional, Union

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
_Pull = Callable[[Array], Sequence[Array]]  # derivatives by the inputs, from that by the output


class Value:
    """An array, and after `backward` the derivative of a sum by it.

    Attributes:
        data: the array.
        grad: the derivative, of the same shape; None before.
    """

    __slots__ = ("_inputs", "_pull", "data", "grad")

    def __init__(
        self, data: Array, inputs: Sequence[Value] = (), pull: Optional[_Pull] = None
    ) -> None:
        self.data = data
        self.grad: Optional[Array] = None
        self._inputs = inputs
        self._pull = pull

    def __add__(self, other: Value) -> Value:
        shapes = (self.data.shape, other.data.shape)
        return Value(
            self.data + other.data, (self, other), lambda g: [_fit(g, shape) for shape in shapes]
        )

    def __mul__(self, other: Union[Value, Array, float]) -> Value:
        if not isinstance(other, Value):
            factor = other
            return Value(self.data * factor, (self,), lambda g: [_fit(g * factor, self.data.shape)])
        a, b = self.data, other.data
        return Value(a * b, (self, other), lambda g: [_fit(g * b, a.shape), _fit(g * a, b.shape)])

    def __matmul__(self, other: Value) -> Value:
        a, b = self.data, other.data
        return Value(a @ b, (self, other), lambda g: [g @ b.T, a.T @ g])

    def tanh(self) -> Value:
        """The hyperbolic tangent of each number."""
        out = np.tanh(self.data)
        return Value(out, (self,), lambda g: [g * (1 - out * out)])

    def sigmoid(self) -> Value:
        """The logistic function of each number."""
        out = 0.5 * (1 + np.tanh(0.5 * self.data))
        return Value(out, (self,), lambda g: [g * out * (1 - out)])

    def columns(self, start: int, stop: int) -> Value:
        """The columns from `start` to before `stop`."""

        def pull(g: Array) -> list[Array]:
            whole = np.zeros_like(self.data)
            whole[:, start:stop] = g
            return [whole]

        return Value(self.data[:, start:stop], (self,), pull)

    def rows(self, index: NDArray[np.int64]) -> Value:
        """The rows of these indices, each as often as it is named."""

        def pull(g: Array) -> list[Array]:
            takes = np.zeros((len(index), len(self.data)))
            takes[np.arange(len(index)), index] = 1.0
            return [takes.T @ g]

        return Value(self.data[index], (self,), pull)

    def sum(self) -> Value:
        """The sum of all numbers."""
        return Value(
            np.asarray(self.data.sum()), (self,), lambda g: [np.broadcast_to(g, self.data.shape)]
        )

    def backward(self) -> None:
        """Set `grad` of everything that this number was computed from, to its derivative."""
        order = self._order()
        for value in order:
            value.grad = None
        self.grad = np.ones_like(self.data)
        for value in reversed(order):
            if value._pull is None or value.grad is None:
                continue
            for one, grad in zip(value._inputs, value._pull(value.grad)):
                if one.grad is None:
                    one.grad = np.array(grad)
                else:
                    one.grad += grad

    def _order(self) -> list[Value]:
        """Everything that this was computed from, each after its own inputs."""
        found: list[Value] = []
        seen: set[int] = set()
        stack: list[tuple[Value, bool]] = [(self, False)]
        while stack:
            value, is_done = stack.pop()
            if is_done:
                found.append(value)
            elif id(value) not in seen:
                seen.add(id(value))
                stack.append((value, True))
                stack += [(one, False) for one in value._inputs if id(one) not in seen]
        return found


def below(top: Value, bottom: Value) -> Value:
    """The rows of both."""
    count = len(top.data)
    return Value(
        np.concatenate([top.data, bottom.data]),
        (top, bottom),
        lambda g: [g[:count], g[count:]],
    )


def probabilities(logits: Array, mask: NDArray[np.bool_]) -> Array:
    """The softmax of each row, over the columns where the mask is true; 0 elsewhere."""
    highest = np.where(mask, logits, -np.inf).max(axis=1, keepdims=True)
    powers = np.where(mask, np.exp(np.minimum(logits - highest, 0)), 0.0)
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def log_probability(logits: Value, mask: NDArray[np.bool_], chosen: NDArray[np.int64]) -> Value:
    """For each row, the logarithm of the softmax over the mask, at the chosen column."""
    share = probabilities(logits.data, mask)
    at = np.arange(len(chosen))

    def pull(g: Array) -> list[Array]:
        grad = -share * g[:, None]
        grad[at, chosen] += g
        return [grad]

    return Value(np.log(share[at, chosen]), (logits,), pull)


def entropy(logits: Value, mask: NDArray[np.bool_]) -> Value:
    """For each row, the entropy of the softmax over the mask, in nats."""
    share = probabilities(logits.data, mask)
    logs = np.log(np.where(share > 0, share, 1.0))
    found = -(share * logs).sum(axis=1)
    return Value(found, (logits,), lambda g: [-g[:, None] * share * (logs + found[:, None])])


def divergence(logits: Value, mask: NDArray[np.bool_], target: Array) -> Value:
    """For each row, the Kullback-Leibler divergence of the softmax over the mask from `target`."""
    share = probabilities(logits.data, mask)
    ratios = np.log(np.where(share > 0, share, 1.0)) - np.log(np.where(mask, target, 1.0))
    found = (share * ratios).sum(axis=1)
    return Value(found, (logits,), lambda g: [g[:, None] * share * (ratios - found[:, None])])


def _fit(grad: Array, shape: tuple[int, ...]) -> Array:
    """The derivative by an array that was broadcast: summed to its shape."""
    while grad.ndim > len(shape):
        grad = grad.sum(axis=0)
    for axis, size in enumerate(shape):
        if size == 1 and grad.shape[axis] > 1:
            grad = grad.sum(axis=axis, keepdims=True)
    return grad
