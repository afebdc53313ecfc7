"""The changes of a network: which there are, and that they fit."""

import random

from heirloom.space.network import insert, parameters, read, shapes
from heirloom.tuners.methods.morphism.morphs import draw, every, morphs
from heirloom.tuners.methods.morphism.outline import Outline, Skip, Step, outline
from tests.unit.tuners.methods.morphism.networks import convolutional

CONV, POOL = Step("conv", (4, 9, 1)), Step("pool", (2, 2))
END = (Step("global_pool"), Step("linear", (10,)))


def test_the_outline_is_the_row_of_layers():
    assert outline(convolutional()) == Outline((CONV, POOL, CONV, POOL, CONV, *END), ())


def test_deeper_inserts_a_layer_wherever_nothing_is_below_zero():
    network = convolutional(depth=2)
    found = [outline(morph()).steps for morph in morphs(network)["deeper"]]
    assert found == [
        (CONV, CONV, POOL, CONV, *END),
        (CONV, POOL, CONV, CONV, *END),
        (CONV, POOL, CONV, CONV, *END),
    ]
    [changed, *_] = (morph() for morph in morphs(network)["deeper"])
    new = changed.layer(network.next_id)
    assert (new["kernel"], new["stride"], new["activation"]) == ((3, 3), 1, "bn_relu")


def test_no_relu_is_put_behind_a_sum_that_may_be_below_zero():
    network = morphs(convolutional(depth=2))["skip"][0]()
    [join] = [layer for layer in network.layers if layer.type == "add"]
    for morph in morphs(network)["deeper"]:
        changed = morph()
        assert changed.layer(network.next_id).inputs != (join.id,)


def test_wider_doubles_one_convolution():
    network = convolutional(depth=2)
    widths = [
        [layer["filters"] for layer in morph().layers if layer.type == "conv"]
        for morph in morphs(network)["wider"]
    ]
    assert widths == [[8, 4], [4, 8]]


def test_convolutions_that_are_added_become_wider_together():
    network = morphs(convolutional(depth=2))["skip"][0]()
    widths = [
        [layer["filters"] for layer in morph().layers if layer.type == "conv"]
        for morph in morphs(network)["wider"]
    ]
    assert sorted(widths) == [[4, 8, 8], [8, 4, 4]]


def test_skip_connections_add_or_concatenate():
    network = convolutional()
    found = [outline(morph()) for morph in morphs(network)["skip"]]
    assert [each.skips for each in found] == [
        (Skip(kind, start, length),)
        for kind in ("add", "concat")
        for start, length in ((1, 2), (1, 4), (3, 2))
    ]
    assert all(each.steps == outline(network).steps for each in found[:3])
    # A concatenation is followed by a convolution that gives the former number of channels.
    assert all(len(each.steps) == len(outline(network).steps) + 1 for each in found[3:])


def test_the_same_connection_is_not_made_twice():
    once = morphs(convolutional(depth=2))["skip"][0]()
    assert all(outline(each) != outline(once) for each in every(once))
    for changed in every(once):
        skips = outline(changed).skips
        assert len(set(skips)) == len(skips)


def test_a_stride_is_passed_by_a_pooling_that_reduces_alike():
    network = convolutional(depth=1)
    network = insert(
        network,
        "conv",
        [network.layers[0].id],
        filters=6,
        kernel=[3, 3],
        stride=3,
        activation="bn_relu",
    )
    changed = morphs(network)["skip"][0]()
    [pool] = [layer for layer in changed.layers if layer.type == "pool"]
    assert shapes(changed)[pool.id][1:] == (4, 4)


def test_any_chain_of_changes_gives_networks_that_can_be_read():
    for seed in range(15):
        rng = random.Random(seed)
        network = convolutional()
        for _ in range(8):
            network = next(draw(network, rng, 20))
            assert read(network.to_json()) == network
        assert parameters(network) > parameters(convolutional())


def test_the_same_seed_draws_the_same_changes():
    one, other = (list(draw(convolutional(), random.Random(4), 20)) for _ in range(2))
    assert one == other
