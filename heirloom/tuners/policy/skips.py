"""The penalty of ENAS on networks with too many, or too few, skip connections."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from ...space.decisions import Decisions
from .lstm import LstmPolicy
from .tape import Value, divergence

_SKIP = re.compile(r"(.*)\.skip\d+")


class SkipPenalty:
    """How far the probabilities of skip connections are from a target.

    A decision of two options whose name ends with `.skipN` is one of a skip connection, and its
    second option makes it, as in `heirloom.nas.spaces.MacroNet`. The penalty of a sequence is the
    sum of the divergences of its skip connections, divided by the number of layers that have any.

    Pham, Guan, Zoph, Le, Dean: Efficient Neural Architecture Search via Parameter Sharing, ICML
    2018, https://arxiv.org/abs/1802.03268

    Args:
        decisions: the decisions.
        target: the probability of a skip connection.
    """

    def __init__(self, decisions: Decisions, target: float) -> None:
        found = [_SKIP.fullmatch(name) for name in decisions.names]
        self._is_skip = np.array(
            [each is not None and size == 2 for each, size in zip(found, decisions.sizes)]
        )
        layers = {
            each[1] for each, is_skip in zip(found, self._is_skip) if each is not None and is_skip
        }
        self.layers = len(layers)
        self._target = np.ones(decisions.tokens)
        for number in np.flatnonzero(self._is_skip):
            start = decisions.offsets[number]
            self._target[start : start + 2] = 1 - target, target

    def of(self, policy: LstmPolicy, sequences: Sequence[Sequence[int]]) -> Value:
        """The penalty of each sequence."""
        total = Value(np.zeros(len(sequences)))
        for each in policy.steps(sequences):
            weights = self._is_skip[list(each.decisions)] * each.is_active
            target = np.broadcast_to(self._target, each.mask.shape)
            total = total + divergence(each.logits, each.mask, target) * weights
        return total * (1 / max(self.layers, 1))
