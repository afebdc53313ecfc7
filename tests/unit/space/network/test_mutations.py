"""Random changes of networks: the rules of Real et al. 2017, and that all of them give networks."""

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heirloom.space.network import (
    MUTATIONS,
    Network,
    add_skip,
    half_to_double,
    insert,
    linear,
    mutate_network,
    parameters,
    read,
    remove_skip,
    shapes,
    tensors,
)
from tests.unit.space.network.test_network import WRITTEN

CONV: dict[str, Any] = {"filters": 10, "kernel": (3, 5), "stride": 2, "activation": "bn_relu"}
CHAIN = add_skip(insert(linear((3, 16, 16), 10), "conv", [0], **CONV), 0, 3)  # conv 3, 1, 2


def outcomes(name: str, network: Network = CHAIN) -> list[Network]:
    found = [mutate_network(network, name, random.Random(seed)) for seed in range(300)]
    return [new for new in found if new is not None]


@given(st.lists(st.sampled_from(sorted(MUTATIONS)), max_size=25), st.integers(0, 2**32))
def test_every_mutation_gives_a_network_with_shapes(names: list[str], seed: int) -> None:
    rng, network = random.Random(seed), linear((3, 16, 15), 10)
    for name in names:
        child = mutate_network(network, name, rng)
        if child is None:
            continue
        assert child != network
        assert read(child.to_json()) == child
        assert set(shapes(child)) == {0, *(layer.id for layer in child.layers)}
        assert parameters(child) > 0
        assert child.next_id in (network.next_id, network.next_id + 1)
        same = {layer.id for layer in child.layers} & {layer.id for layer in network.layers}
        assert all(child.layer(number).type == network.layer(number).type for number in same)
        network = child


@pytest.mark.parametrize("name", sorted(MUTATIONS))
def test_a_mutation_is_repeatable(name: str) -> None:
    one, other = (mutate_network(CHAIN, name, random.Random(5)) for _ in range(2))
    assert one == other


@pytest.mark.parametrize("name", sorted(MUTATIONS))
def test_other_networks_are_mutated_too(name: str) -> None:
    for new in outcomes(name, read(WRITTEN)):
        assert read(new.to_json()) == new
        shapes(new)


def test_a_convolution_is_inserted_anywhere_before_the_classifier() -> None:
    new = [child.layer(4) for child in outcomes("insert_convolution")]
    assert {layer.inputs for layer in new} == {(0,), (3,)}
    assert {(layer.inputs[0], layer["filters"]) for layer in new} == {(0, 3), (3, 10)}
    assert {layer["kernel"] for layer in new} == {(3, 3)}
    assert {layer["stride"] for layer in new} == {1, 2}
    assert {layer["activation"] for layer in new} == {"bn_relu", "none"}


def test_an_identity_is_inserted_in_the_same_places() -> None:
    new = [child.layer(4) for child in outcomes("insert_one_to_one")]
    assert {(layer.type, layer.inputs) for layer in new} == {("identity", (0,)), ("identity", (3,))}
    assert {layer["activation"] for layer in new} == {"bn_relu", "none"}


def test_a_convolution_is_removed() -> None:
    [child] = {str(child): child for child in outcomes("remove_convolution")}.values()
    assert [layer.id for layer in child.layers] == [1, 2]
    assert child.next_id == 4


@pytest.mark.parametrize(
    "name", ["remove_convolution", "alter_stride", "alter_channels", "alter_filter_size"]
)
def test_a_linear_model_has_no_convolution_to_change(name: str) -> None:
    assert outcomes(name, linear((3, 16, 16), 10)) == []
    assert outcomes("add_skip", linear((3, 16, 16), 10)) == []


def test_strides_are_powers_of_two() -> None:
    strides = {child.layer(3)["stride"] for child in outcomes("alter_stride")}
    assert strides == {1, 4}
    one = outcomes("alter_stride")
    ones = [child for child in one if child.layer(3)["stride"] == 1]
    assert {child.layer(3)["stride"] for child in outcomes("alter_stride", ones[0])} == {2}


def test_channels_are_between_half_and_twice() -> None:
    channels = {child.layer(3)["filters"] for child in outcomes("alter_channels")}
    assert channels == set(range(5, 21)) - {10}  # the paper's example


def test_one_side_of_a_filter_changes_to_an_odd_number() -> None:
    kernels = {child.layer(3)["kernel"] for child in outcomes("alter_filter_size")}
    assert kernels == {(5, 5), (3, 3), (3, 7), (3, 9)}


@given(st.integers(1, 40), st.booleans(), st.integers(0, 100))
def test_a_number_changes_by_a_factor_of_two_at_most(number: int, odd: bool, seed: int) -> None:
    number = number | 1 if odd else number
    new = half_to_double(number, random.Random(seed), odd=odd)
    assert new != number
    assert number / 2 <= new <= 2 * number or (odd and number == 1 and new == 3)
    assert new % 2 or not odd


def test_skips_are_added_between_random_layers_and_removed() -> None:
    network = insert(CHAIN, "conv", [3], **CONV)
    children = outcomes("add_skip", network)
    assert {(child.layer(3).skips, child.layer(4).skips) for child in children} == {
        ((0,), (0,)),
        ((0,), (3,)),
    }
    [child] = {str(child): child for child in outcomes("remove_skip", network)}.values()
    assert child.layer(3).skips == ()
    assert outcomes("remove_skip", child) == []


def test_a_layer_that_only_a_skip_reads_keeps_it() -> None:
    branch = insert(CHAIN, "conv", [0], before=[], **CONV)
    network = add_skip(remove_skip(branch, 0, 3), 4, 3)
    assert read(network.to_json()) == network
    assert outcomes("remove_skip", network) == []
    assert {len(child.layers) for child in outcomes("remove_convolution", network)} == {3}


def test_most_layers_keep_their_tensors() -> None:
    """Of a change of filter size, only the filters of that convolution are lost (section 3.6)."""
    child = outcomes("alter_filter_size")[0]
    before, after = tensors(CHAIN), tensors(child)
    assert {name for name in after if before.get(name) != after[name]} == {"layers.3.conv.weight"}
