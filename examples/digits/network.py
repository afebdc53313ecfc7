"""A fully connected network in numpy. Its weights are a dictionary of named tensors."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from data import Digits

Weights = dict[str, np.ndarray]

EPOCHS = 150  # at most
BATCH = 32  # images in one step
MOMENTUM = 0.9

# Each activation, and its derivative as a function of its own output.
ACTIVATIONS: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
    "relu": (lambda x: np.maximum(x, 0), lambda y: (y > 0).astype(y.dtype)),
    "tanh": (np.tanh, lambda y: 1 - y * y),
    "sigmoid": (lambda x: 1 / (1 + np.exp(-x)), lambda y: y * (1 - y)),
}


class Network:
    """The network of a candidate, initialized at random (He et al., 2015)."""

    def __init__(self, params: Mapping[str, Any], rng: np.random.Generator):
        self.rate = params["learning_rate"]
        self.activation, self.slope = ACTIVATIONS[params["activation"]]
        self.rng = rng
        hidden = [f"hidden{layer}" for layer in range(1, params["depth"] + 1)]
        widths = [params[f"width{layer}"] for layer in range(1, params["depth"] + 1)]
        self.layers = [*hidden, "output"]
        self.weights: Weights = {}
        for layer, inputs, outputs in zip(self.layers, [64, *widths], [*widths, 10], strict=True):
            scale = np.sqrt(2 / inputs)
            matrix = rng.normal(0, scale, (inputs, outputs)).astype(np.float32)
            self.weights[f"{layer}.weight"] = matrix
            self.weights[f"{layer}.bias"] = np.zeros(outputs, np.float32)

    @property
    def size(self) -> int:
        """The number of weights."""
        return sum(tensor.size for tensor in self.weights.values())

    def inherit(self, parent: Weights) -> float:
        """Copy the overlapping part of each of the parent's tensors. Return the share copied."""
        taken = 0
        for name in self.weights.keys() & parent.keys():
            own, theirs = self.weights[name], parent[name]
            overlap = tuple(
                slice(min(sizes)) for sizes in zip(own.shape, theirs.shape, strict=True)
            )
            own[overlap] = theirs[overlap]
            taken += own[overlap].size
        return taken / self.size

    def accuracy(self, digits: Digits) -> float:
        """The share of digits that the network classifies correctly, from 0 to 1."""
        return float((self._forward(digits.images)[-1].argmax(axis=1) == digits.labels).mean())

    def fit(self, train: Digits, validation: Digits) -> Iterator[float]:
        """Train one epoch for each value requested, and yield the validation accuracy after it."""
        speed = {name: np.zeros_like(tensor) for name, tensor in self.weights.items()}
        while True:
            order = self.rng.permutation(len(train.labels))
            for start in range(0, len(order), BATCH):
                batch = order[start : start + BATCH]
                slopes = self._backward(train.images[batch], train.labels[batch])
                for name, slope in slopes:
                    speed[name] = MOMENTUM * speed[name] - self.rate * slope
                    self.weights[name] += speed[name]
            yield self.accuracy(validation)

    def _forward(self, images: np.ndarray) -> list[np.ndarray]:
        """The images, and the output of each layer."""
        outputs = [images]
        for layer in self.layers:
            outputs.append(outputs[-1] @ self.weights[f"{layer}.weight"])
            outputs[-1] += self.weights[f"{layer}.bias"]
            if layer != "output":
                outputs[-1] = self.activation(outputs[-1])
        return outputs

    def _backward(self, images: np.ndarray, labels: np.ndarray) -> list[tuple[str, np.ndarray]]:
        """The gradient of the mean cross-entropy, tensor by tensor."""
        outputs = self._forward(images)
        chances = np.exp(outputs[-1] - outputs[-1].max(axis=1, keepdims=True))
        error = chances / chances.sum(axis=1, keepdims=True)
        error[np.arange(len(labels)), labels] -= 1
        error /= len(labels)
        gradient = []
        for depth in reversed(range(len(self.layers))):
            layer, inputs = self.layers[depth], outputs[depth]
            gradient.append((f"{layer}.weight", inputs.T @ error))
            gradient.append((f"{layer}.bias", error.sum(axis=0)))
            if depth:
                error = (error @ self.weights[f"{layer}.weight"].T) * self.slope(inputs)
        return gradient
