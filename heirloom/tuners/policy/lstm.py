"""A policy whose decisions depend on the decisions before them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Optional

import numpy as np
from numpy.typing import NDArray

from ...space.decisions import Decisions
from .sample import pick
from .softmax import masks_of
from .tape import Array, Value, below, entropy, log_probability, probabilities


@dataclass(frozen=True)
class Step:
    """One decision of each of several sequences.

    Args:
        decisions: the decisions; any where a sequence has ended.
        logits: a row for each sequence, a column for each token.
        mask: which columns are options of the decision.
        chosen: the tokens.
        is_active: 1.0 where the sequence has not ended before, otherwise 0.0.
    """

    decisions: Sequence[int]
    logits: Value
    mask: NDArray[np.bool_]
    chosen: NDArray[np.int64]
    is_active: Array


class LstmPolicy:
    """An LSTM that reads each decision and gives the probabilities of the next one.

    Each decision has a softmax and an embedding of its own. The first input is learned. There are
    no biases, and all weights begin uniformly within `spread`, as in the code of ENAS.

    Zoph, Vasudevan, Shlens, Le: Learning Transferable Architectures for Scalable Image
    Recognition, CVPR 2018, https://arxiv.org/abs/1707.07012

    Args:
        decisions: the decisions.
        rng: draws the first weights.
        units: the width of the LSTM.
        spread: the largest first weight.
        bound: the largest logit: logits are its product with their tanh. None: they have no bound.
    """

    def __init__(
        self,
        decisions: Decisions,
        rng: Random,
        units: int = 100,
        *,
        spread: float = 0.1,
        bound: Optional[float] = None,
    ) -> None:
        self._decisions = decisions
        self._bound = bound
        self._units = units
        self._masks = masks_of(decisions)
        shapes = {
            "input": (units, 4 * units),
            "hidden": (units, 4 * units),
            "first": (1, units),
            "embedding": (decisions.tokens, units),
            "softmax": (units, decisions.tokens),
        }
        self.parameters: Mapping[str, Value] = {
            name: Value(uniform(rng, shape, spread)) for name, shape in shapes.items()
        }

    def draw(self, rng: Random) -> tuple[list[int], float]:
        """A sequence, and the logarithm of its probability."""
        tokens: list[int] = []
        total = 0.0
        hidden, cell = self._empty(1)
        inputs = self._inputs()

        def choose(decision: int) -> int:
            nonlocal total, hidden, cell
            before = np.array(tokens[-1:] or [self._decisions.tokens])
            hidden, cell = self._step(inputs, before, hidden, cell)
            logits = self._logits(hidden).data
            start = self._decisions.offsets[decision]
            part = slice(start, start + self._decisions.sizes[decision])
            shares = probabilities(logits, self._masks[decision : decision + 1])[0, part]
            index = pick(shares, rng)
            tokens.append(start + index)
            total += float(np.log(shares[index]))
            return index

        self._decisions.candidate(choose)
        return tokens, total

    def score(self, sequences: Sequence[Sequence[int]]) -> tuple[Value, Value]:
        """For each sequence, the logarithm of its probability, and the sum of the entropies."""
        logs = entropies = Value(np.zeros(len(sequences)))
        for each in self.steps(sequences):
            logs = logs + log_probability(each.logits, each.mask, each.chosen) * each.is_active
            entropies = entropies + entropy(each.logits, each.mask) * each.is_active
        return logs, entropies

    def steps(self, sequences: Sequence[Sequence[int]]) -> Iterator[Step]:
        """The decisions of several sequences side by side, one of each at a time."""
        longest = max(map(len, sequences))
        tokens = np.array([[*each, *[0] * (longest - len(each))] for each in sequences], np.int64)
        lengths = np.array([len(each) for each in sequences])
        hidden, cell = self._empty(len(sequences))
        inputs = self._inputs()
        before = np.full(len(sequences), self._decisions.tokens)
        for at in range(longest):
            hidden, cell = self._step(inputs, before, hidden, cell)
            before = chosen = tokens[:, at]
            numbers = [self._decisions.decision(token) for token in chosen]
            is_active = (at < lengths).astype(np.float64)
            yield Step(numbers, self._logits(hidden), self._masks[numbers], chosen, is_active)

    def _logits(self, hidden: Value) -> Value:
        logits = hidden @ self.parameters["softmax"]
        return logits if self._bound is None else logits.tanh() * self._bound

    def _inputs(self) -> Value:
        """What the gates get from each token; in the last row, from the first input."""
        given = below(self.parameters["embedding"], self.parameters["first"])
        return given @ self.parameters["input"]

    def _step(
        self, inputs: Value, before: NDArray[np.int64], hidden: Value, cell: Value
    ) -> tuple[Value, Value]:
        gates = inputs.rows(before) + hidden @ self.parameters["hidden"]
        return step(gates, cell)

    def _empty(self, count: int) -> tuple[Value, Value]:
        return Value(np.zeros((count, self._units))), Value(np.zeros((count, self._units)))


def step(gates: Value, cell: Value) -> tuple[Value, Value]:
    """The hidden state and the cell, from what the gates get and the cell before.

    Hochreiter, Schmidhuber: Long Short-Term Memory, 1997,
    https://doi.org/10.1162/neco.1997.9.8.1735, with the forget gate of its successors
    """
    units = cell.data.shape[1]
    enter, forget, leave, new = (
        gates.columns(units * index, units * (index + 1)) for index in range(4)
    )
    cell = forget.sigmoid() * cell + enter.sigmoid() * new.tanh()
    return leave.sigmoid() * cell.tanh(), cell


def uniform(rng: Random, shape: tuple[int, int], spread: float) -> Array:
    """Numbers from -spread to spread."""
    numbers = [rng.uniform(-spread, spread) for _ in range(shape[0] * shape[1])]
    return np.array(numbers).reshape(shape)
