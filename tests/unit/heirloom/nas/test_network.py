"""The PyTorch module of a network of layers."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heirloom.space.network import (
    MUTATIONS,
    insert,
    linear,
    macs,
    mutate_network,
    parameters,
    shapes,
    tensors,
)
from tests.pytorch import require_torch
from tests.unit.space.network.test_network import WRITTEN

torch = require_torch()

from heirloom import nas
from heirloom.nas.network import resized

CONV: dict[str, Any] = {"filters": 4, "kernel": (3, 5), "stride": 2, "activation": "bn_relu"}


def built(graph: Any) -> Any:
    return nas.network(graph.to_json())


def check(graph: Any) -> None:
    """The module has the tensors and the output shapes that the graph predicts."""
    with torch.device("meta"):
        module = built(graph)
    assert {name: tuple(each.shape) for name, each in module.state_dict().items()} == tensors(graph)
    found = {}
    for number, layer in module.layers.items():
        layer.register_forward_hook(
            lambda _, __, out, number=int(number): found.update({number: tuple(out.shape[1:])})
        )
    module(torch.zeros(2, *graph.input, device="meta"))
    assert found | {0: graph.input} == shapes(graph)


@settings(max_examples=40)
@given(st.lists(st.sampled_from(sorted(MUTATIONS)), max_size=12), st.integers(0, 2**32))
def test_tensors_and_shapes_are_those_of_the_graph(names: list[str], seed: int) -> None:
    rng, graph = random.Random(seed), linear((3, 9, 8), 10)
    for name in names:
        graph = mutate_network(graph, name, rng) or graph
    check(graph)


def test_every_type_of_layer() -> None:
    module = nas.network(WRITTEN)
    check(module.graph)
    average = {**WRITTEN["layers"][3], "method": "avg"}
    check(
        nas.network(
            {**WRITTEN, "layers": [*WRITTEN["layers"][:3], average, *WRITTEN["layers"][4:]]}
        ).graph
    )
    branch = insert(
        insert(linear((3, 8, 8), 10), "conv", [0], **CONV), "conv", [0], before=[], **CONV
    )
    check(insert(branch, "add", [3, 4]))


def test_its_cost_is_that_of_the_graph() -> None:
    module = nas.network(WRITTEN)
    assert nas.cost(module) == nas.Cost(parameters(module.graph), macs(module.graph))


def test_a_child_has_the_tensors_of_the_layers_that_are_left() -> None:
    graph = insert(linear((3, 8, 8), 10), "conv", [0], **CONV)
    child = insert(graph, "conv", [0], before=[3], **{**CONV, "filters": 3})
    weights = built(graph).state_dict()
    module = built(child)
    missing = module.load_state_dict(weights, strict=False)
    assert not missing.unexpected_keys
    assert {name.rpartition(".")[0] for name in missing.missing_keys} == {
        "layers.4.conv",
        "layers.4.norm",
    }


def test_skips_are_added_before_the_activation() -> None:
    graph = insert(
        linear((2, 4, 4), 3), "conv", [0], skips=[0], **{**CONV, "stride": 1, "filters": 2}
    )
    module = built(graph).eval()
    image = -torch.ones(1, 2, 4, 4)
    with torch.no_grad():
        module.layers["3"].conv.weight.zero_()
        assert module.layers["3"]([image], [image]).max() == 0  # ReLU of -1
        assert module.layers["3"]([image], [-image]).min() > 0.9


def test_a_skip_is_resized_by_the_nearest_pixel_and_by_zeros() -> None:
    skip = torch.arange(4.0).reshape(1, 1, 2, 2)
    larger = resized(skip, torch.zeros(1, 2, 4, 4))
    assert larger[0, 0].tolist() == [[0, 0, 1, 1]] * 2 + [[2, 2, 3, 3]] * 2
    assert not larger[0, 1].any()
    assert resized(torch.ones(1, 5, 4, 4), torch.zeros(1, 2, 3, 1)).shape == (1, 2, 3, 1)


def test_what_is_no_network_is_refused() -> None:
    with pytest.raises(nas.NasError, match="no network: layers: must be a list"):
        nas.network({"input": [1, 2, 3], "layers": [], "next_id": 1})
