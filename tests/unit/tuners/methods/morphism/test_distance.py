"""The edit distance of networks and its embedding."""

import random
from itertools import pairwise, permutations
from math import dist

import pytest

from heirloom.tuners.methods.morphism.distance import distance
from heirloom.tuners.methods.morphism.embedding import embed, landmarks
from heirloom.tuners.methods.morphism.morphs import draw
from heirloom.tuners.methods.morphism.outline import Outline, Skip, Step, outline
from tests.unit.tuners.methods.morphism.networks import convolutional


def convs(*filters):
    return Outline(tuple(Step("conv", (each, 9, 1)) for each in filters), ())


def skips(*found):
    return Outline((), tuple(Skip(*each) for each in found))


def test_a_layer_without_a_partner_costs_1():
    assert distance(convs(8, 8), convs(8, 8, 8)) == 1
    assert distance(convs(8), Outline((Step("linear", (8,)),), ())) == 1


def test_a_change_of_a_size_costs_its_share_among_the_sizes():
    assert distance(convs(8), convs(16)) == pytest.approx((8 / 16) / 3)


def test_the_alignment_keeps_the_order_and_is_the_cheapest():
    # 16 goes with 16; aligning by position would cost two changes and an insertion.
    assert distance(convs(16, 4), convs(1, 16, 4)) == 1
    # In the other order only one of the two has a partner of its size.
    assert distance(convs(16, 4), convs(4, 16)) == pytest.approx(2 * (12 / 16) / 3)


def test_skip_connections_are_assigned_at_the_lowest_cost():
    one = skips(("add", 1, 2), ("add", 3, 1))
    other = skips(("add", 3, 1), ("add", 1, 3))
    assert distance(one, other) == pytest.approx(1 / (1 + 3))
    assert distance(one, skips(("add", 1, 2))) == 1
    assert distance(skips(("add", 1, 2)), skips(("concat", 1, 2))) == 1
    assert distance(one, skips()) == 2


def test_it_is_a_metric_on_networks_of_a_search():
    rng = random.Random(3)
    found = [convolutional()]
    for _ in range(7):
        found += draw(found[rng.randrange(len(found))], rng, 1)
    outlines = [outline(network) for network in found]
    for one in outlines:
        assert distance(one, one) == 0
    for one, other in pairwise(outlines):
        assert distance(one, other) == pytest.approx(distance(other, one))
    for one, between, other in permutations(outlines[:6], 3):
        way = distance(one, between) + distance(between, other)
        assert distance(one, other) <= way + 1e-9


def test_the_embedding_makes_no_two_points_further_apart():
    points = [random.Random(seed).random() for seed in range(20)]
    sets = landmarks(len(points))
    assert sets == landmarks(len(points))
    embedded = [embed([abs(one - other) for other in points], sets) for one in points]
    for one, here in zip(points, embedded, strict=True):
        for other, there in zip(points, embedded, strict=True):
            assert dist(here, there) <= abs(one - other) + 1e-9


@pytest.mark.parametrize("count", [1, 2, 3, 8, 9])
def test_landmarks_double_in_size(count):
    sizes = {len(each) for each in landmarks(count)}
    assert sizes == {2**power for power in range(len(sizes))}
    assert max(sizes) < max(count, 2)
