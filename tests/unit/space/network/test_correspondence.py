"""Which channels a descendant has in common with its ancestor."""

from typing import Any

from heirloom.space.network import add_skip, change, insert, linear
from heirloom.space.network.correspondence import COPY, IDENTITY, ZERO, Start, correspondence
from heirloom.space.network.groups import groups

CONV: dict[str, Any] = {"kernel": [3, 3], "stride": 1, "activation": "bn_relu"}
PLAIN: dict[str, Any] = {"filters": 2, "kernel": [1, 1], "stride": 1, "activation": "none"}


def two_convolutions():
    """Layers 3 and 4 are convolutions of 2 filters, before the pooling 1 and the classifier 2."""
    network = linear((1, 8, 8), 3)
    network = insert(network, "conv", [0], filters=2, **CONV)
    return insert(network, "conv", [3], filters=2, **CONV)


def test_the_same_network_is_copied():
    network = two_convolutions()
    found = correspondence(network, network)
    assert found.preserved
    assert found.starts == {
        3: Start(COPY, (0, 1), (0,)),
        4: Start(COPY, (0, 1), (0, 1)),
        2: Start(COPY, (0, 1, 2), (0, 1)),
    }


def test_a_wider_layer_copies_filters_and_the_next_one_reads_the_copies():
    network = two_convolutions()
    found = correspondence(network, change(network, 3, filters=4))
    assert found.preserved
    assert found.starts[3].outputs[:2] == (0, 1)
    assert found.starts[3].outputs == found.starts[4].inputs
    assert set(found.starts[3].outputs) == {0, 1}
    assert found.starts[4].outputs == (0, 1)


def test_a_new_layer_returns_its_input():
    network = two_convolutions()
    found = correspondence(network, insert(network, "conv", [3], filters=2, **CONV))
    assert found.preserved
    assert found.starts[5] == Start(IDENTITY, (0, 1), origin=((3, 0), (3, 1)))


def test_a_new_layer_that_was_made_wider_returns_inputs_twice():
    network = two_convolutions()
    found = correspondence(network, insert(network, "conv", [3], filters=5, **CONV))
    assert found.preserved
    assert found.starts[5].outputs[:2] == (0, 1)
    assert found.starts[4].inputs == found.starts[5].outputs


def test_what_is_added_starts_at_zero():
    network = two_convolutions()
    child = insert(network, "conv", [3], before=(), **PLAIN)
    child = insert(child, "add", [4, 5])
    found = correspondence(network, child)
    assert found.preserved
    assert found.starts[5] == Start(ZERO)


def test_what_is_concatenated_is_not_read_at_first():
    network = two_convolutions()
    child = insert(network, "concat", [4, 3])
    child = insert(child, "conv", [5], **PLAIN)
    found = correspondence(network, child)
    assert found.preserved
    assert found.starts[6] == Start(IDENTITY, (0, 1), origin=((4, 0), (4, 1)))
    direct = correspondence(network, insert(network, "concat", [4, 3]))
    assert direct.preserved
    assert direct.starts[2].inputs == (0, 1, None, None)


def test_a_relu_after_values_below_zero_does_not_keep_the_function():
    network = insert(two_convolutions(), "conv", [4], **PLAIN)
    child = insert(network, "conv", [5], filters=2, **CONV)
    found = correspondence(network, child)
    assert not found.preserved
    assert 6 not in found.starts


def test_other_kernels_fewer_filters_and_lost_layers_do_not_keep_the_function():
    network = two_convolutions()
    for child in (
        change(network, 3, kernel=[5, 5]),
        change(network, 4, filters=1),
        linear((1, 8, 8), 3),
        linear((2, 8, 8), 3),
    ):
        assert not correspondence(network, child).preserved
    # What still fits is copied.
    assert correspondence(network, change(network, 4, kernel=[5, 5])).starts.keys() == {3}


def test_resized_skip_connections_have_to_stay_as_they_were():
    network = add_skip(two_convolutions(), 3, 4)
    assert correspondence(network, network).preserved
    assert not correspondence(network, change(network, 3, filters=4)).preserved
    assert not correspondence(two_convolutions(), network).preserved


def test_layers_that_are_added_to_each_other_are_one_group():
    network = two_convolutions()
    assert groups(network) == {3: 3, 4: 4}
    assert groups(insert(network, "add", [4, 3])) == {3: 3, 4: 3}
    assert groups(insert(network, "concat", [4, 3])) == {3: 3, 4: 4}
    joined = insert(insert(network, "concat", [4, 3]), "conv", [5], **{**PLAIN, "filters": 4})
    assert groups(insert(joined, "add", [6, 5])) == {3: 3, 4: 4, 6: 0}
    assert groups(add_skip(network, 3, 4)) == {3: 0, 4: 0}
