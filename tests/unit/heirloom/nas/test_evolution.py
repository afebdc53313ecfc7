"""Mutations and crossovers of params on models: each child is another network, and it fits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random
from typing import Any

import pytest

from tests.pytorch import require_torch

torch = require_torch()
from torch import nn

from heirloom import nas
from heirloom.nas import spaces
from heirloom.nas.builders import Chosen, answering
from heirloom.space import contains, crossover, mutate, parse, sample

Model = Callable[[], nn.Module]


class Nested(nn.Module):
    """A choice within an option of a choice, and a repeat within another one."""

    def __init__(self) -> None:
        super().__init__()
        deep = {
            "plain": lambda: nn.Linear(2, 2),
            "blocks": lambda: nas.repeat("count", [1, 2, 3], self._block),
        }
        self.body = nas.choice("body", {"none": nn.Identity, "deep": lambda: self._deep(deep)})

    def _deep(self, options: Mapping[str, Model]) -> nn.Module:
        return nas.choice("deep", options)

    def _block(self, index: int) -> nn.Module:
        return nas.choice(f"block{index}", {"tanh": nn.Tanh, "relu": nn.ReLU})


MODELS: dict[str, Model] = {
    "nested": Nested,
    "chain": lambda: spaces.ChainNet((1, 8, 8), widths=(2, 4), depths=(1, 2, 3)),
    "macro": lambda: spaces.MacroNet((1, 8, 8), channels=2, layers=3),
}


def asked(model: Model, params: Mapping[str, Any]) -> dict[str, Any]:
    """The labels that the network of a candidate asks for, with their options."""
    builder = Chosen(params)
    with answering(builder), torch.device("meta"):
        model()
    return builder.asked


@pytest.mark.parametrize("model", MODELS.values(), ids=list(MODELS))
def test_a_mutation_is_another_network(model: Model) -> None:
    space, rng = parse(nas.space(model)), Random(1)
    params = sample(space, rng)
    for _ in range(15):
        child = mutate(space, params, rng)
        assert contains(space, child)
        assert asked(model, child) != asked(model, params)
        params = child


@pytest.mark.parametrize("model", MODELS.values(), ids=list(MODELS))
def test_a_crossover_fits_and_has_nothing_new(model: Model) -> None:
    space, rng = parse(nas.space(model)), Random(1)
    for _ in range(10):
        one, other = sample(space, rng), sample(space, rng)
        child = crossover(space, one, other, rng)
        assert contains(space, child)
        known = asked(model, one), asked(model, other)
        for label, option in asked(model, child).items():
            assert option in [each[label] for each in known if label in each]
