"""Parameters of the type `layers`: their two forms, their mistakes, and who takes them."""

import random
from typing import Any

import pytest

from heirloom.space import (
    SpaceError,
    contains,
    expand,
    mismatches,
    mutate,
    parse,
    sample,
    shorten,
)
from heirloom.space.network import Layers, linear
from heirloom.tuners.registry import TUNERS, find

VALUE = {"input": [1, 14, 14], "classes": 10}
SHORT: dict[str, Any] = {"network": {"layers": VALUE}, "rate": {"loguniform": [0.01, 1]}}
LONG = {"_type": "layers", "_value": VALUE}
RESOURCE = {"name": "epochs", "min": 1, "max": 9, "eta": 3}


def test_both_forms() -> None:
    assert expand(SHORT)["network"] == LONG
    assert shorten(expand(SHORT)) == SHORT
    for space in (SHORT, expand(SHORT)):
        assert parse(space, layers=True).dimensions["network"] == Layers((1, 14, 14), 10)


@pytest.mark.parametrize(
    ("spec", "place", "text"),
    [
        ({"layers": 3}, ("n", "layers"), "must be {input: "),
        ({"_type": "layers", "_value": [3]}, ("n", "_value"), "must be {input: "),
        ({"layers": {"input": [1, 2, 3]}}, ("n", "layers"), "layers takes {input: "),
        ({"layers": {**VALUE, "input": [1, 2]}}, ("n", "layers", "input"), "[channels, "),
        ({"layers": {**VALUE, "classes": 0}}, ("n", "layers", "classes"), "above 0"),
        ({"layer": VALUE}, ("n", "layer"), "did you mean layers?"),
        ([{"_name": "x", "net": LONG}], ("n", 0, "net"), "of an option"),
    ],
)
def test_a_mistake_has_its_place(spec: Any, place: Any, text: str) -> None:
    with pytest.raises(SpaceError) as error:
        parse({"n": spec}, layers=True)
    [(found, message)] = error.value.mistakes
    assert found == place
    assert text in message


def test_a_choice_may_still_be_between_mappings_with_that_key() -> None:
    parse({"net": [{"layers": {"a": 1}}, {"layers": {"a": 2}}]})


@pytest.mark.parametrize("name", [name for name in TUNERS if not find("tuner", name).takes_layers])
def test_tuners_that_draw_values_refuse_it_by_name(name: str) -> None:
    resource = {"resource": RESOURCE} if name in ("asha", "bohb", "hyperband", "pbt") else {}
    with pytest.raises(SpaceError, match="network: a network cannot be drawn"):
        find("tuner", name)(SHORT, seed=1, maximize=True, **resource)


def test_a_value_is_a_network_for_the_images_and_classes() -> None:
    space = parse(SHORT, layers=True)
    drawn = sample(space, random.Random(1))
    assert drawn["network"] == linear((1, 14, 14), 10).to_json()
    assert contains(space, drawn)
    assert not contains(space, {**drawn, "network": linear((1, 14, 14), 9).to_json()})
    wrong = {**drawn, "network": linear((3, 14, 14), 9).to_json()}
    assert [path for path, _ in mismatches(space, wrong)] == [
        ("network", "input"),
        ("network", "layers", 1, "units"),
    ]
    [(path, text)] = mismatches(space, {"rate": 0.1})
    assert path == ("network",)
    assert "a network for images of [1, 14, 14] and 10 classes" in text


def test_a_mutation_of_the_space_changes_the_numbers_beside_it() -> None:
    space = parse(SHORT, layers=True)
    drawn = sample(space, random.Random(1))
    new = mutate(space, drawn, random.Random(2))
    assert new["network"] == drawn["network"]
    assert new["rate"] != drawn["rate"]
