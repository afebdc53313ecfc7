"""Networks of layers: reading, shapes, and edits that keep ids."""

import copy
from typing import Any

import pytest

from heirloom.space import SpaceError
from heirloom.space.network import (
    Network,
    ShapeError,
    add_skip,
    change,
    insert,
    linear,
    macs,
    parameters,
    read,
    remove,
    remove_skip,
    shapes,
    tensors,
)

WRITTEN: dict[str, Any] = {
    "input": [3, 9, 8],
    "next_id": 8,
    "layers": [
        {
            "id": 3,
            "type": "conv",
            "inputs": [0],
            "filters": 4,
            "kernel": [3, 5],
            "stride": 2,
            "activation": "bn_relu",
            "skips": [0],
        },
        {"id": 4, "type": "identity", "inputs": [3], "activation": "bn_relu"},
        {"id": 5, "type": "concat", "inputs": [3, 4]},
        {"id": 6, "type": "pool", "inputs": [5], "method": "max", "kernel": 2, "stride": 2},
        {"id": 7, "type": "dropout", "inputs": [6], "rate": 0.5},
        {"id": 2, "type": "linear", "inputs": [7], "units": 10},
    ],
}
CONV: dict[str, Any] = {"filters": 4, "kernel": (3, 3), "stride": 1, "activation": "none"}


def test_a_network_is_read_as_it_is_written() -> None:
    assert read(WRITTEN).to_json() == WRITTEN


def test_the_linear_network_has_the_mean_of_each_channel_and_a_classifier() -> None:
    network = linear((3, 32, 32), 10)
    assert [layer.type for layer in network.layers] == ["global_pool", "linear"]
    assert read(network.to_json()) == network
    assert parameters(network) == 3 * 10 + 10
    assert macs(network) == 30


def test_shapes_by_id() -> None:
    assert shapes(read(WRITTEN)) == {
        0: (3, 9, 8),
        3: (4, 5, 4),
        4: (4, 5, 4),
        5: (8, 5, 4),
        6: (8, 2, 2),
        7: (8, 2, 2),
        2: (10,),
    }
    assert shapes(read(WRITTEN), (1, 4, 4))[6] == (8, 1, 1)


def test_tensors_by_name() -> None:
    norm: dict[str, Any] = {"weight": (4,), "bias": (4,), "running_mean": (4,), "running_var": (4,)}
    norm |= {"num_batches_tracked": ()}
    assert tensors(read(WRITTEN)) == {
        "layers.3.conv.weight": (4, 3, 3, 5),
        **{f"layers.3.norm.{name}": shape for name, shape in norm.items()},
        **{f"layers.4.norm.{name}": shape for name, shape in norm.items()},
        "layers.2.linear.weight": (10, 32),
        "layers.2.linear.bias": (10,),
    }
    assert parameters(read(WRITTEN)) == 4 * 3 * 3 * 5 + 8 + 8 + 330
    assert macs(read(WRITTEN)) == 4 * 3 * 3 * 5 * 20 + 320


def wrong(path: list[Any], value: Any) -> dict[str, Any]:
    """The network with another value at a path; without the key for `...`."""
    changed = copy.deepcopy(WRITTEN)
    *above, last = path
    place: Any = changed
    for key in above:
        place = place[key]
    if value is ...:
        del place[last]
    else:
        place[last] = value
    return changed


@pytest.mark.parametrize(
    ("path", "value", "place", "text"),
    [
        (["input"], [3, 9], ("input",), "[channels, height, width]"),
        (["input"], ..., (), "missing: input"),
        (["extra"], 1, ("extra",), "unknown key"),
        (["layers"], [], ("layers",), "a list of layers"),
        (["next_id"], 7, ("next_id",), "above the ids"),
        (["layers", 0], 7, ("layers", 0), "must be a mapping"),
        (["layers", 0, "id"], 0, ("layers", 0, "id"), "no other layer has"),
        (["layers", 1, "id"], 3, ("layers", 1, "id"), "no other layer has"),
        (["layers", 0, "id"], True, ("layers", 0, "id"), "no other layer has"),
        (["layers", 0, "type"], "dense", ("layers", 0, "type"), "must be one of"),
        (["layers", 0, "type"], [], ("layers", 0, "type"), "must be one of"),
        (["layers", 0, "filters"], 0, ("layers", 0, "filters"), "above 0"),
        (["layers", 0, "filters"], ..., ("layers", 0), "missing: filters"),
        (["layers", 0, "units"], 3, ("layers", 0, "units"), "unknown key"),
        (["layers", 0, "kernel"], 3, ("layers", 0, "kernel"), "odd numbers"),
        (["layers", 0, "kernel"], [3, 4], ("layers", 0, "kernel"), "odd numbers"),
        (["layers", 0, "activation"], "tanh", ("layers", 0, "activation"), "bn_relu or none"),
        (["layers", 4, "rate"], 1, ("layers", 4, "rate"), "below 1"),
        pytest.param(
            ["layers", 4, "rate"], 10**400, ("layers", 4, "rate"), "below 1", id="huge rate"
        ),
        (["layers", 0, "inputs"], [4], ("layers", 0, "inputs"), "earlier layers"),
        (["layers", 0, "inputs"], [], ("layers", 0, "inputs"), "needs one input"),
        (["layers", 2, "inputs"], [4], ("layers", 2, "inputs"), "two inputs"),
        (["layers", 0, "skips"], [0, 0], ("layers", 0, "skips"), "twice"),
        (["layers", 3, "skips"], [0], ("layers", 3, "skips"), "only conv and identity"),
        (["layers", 2, "inputs"], [3, 3], ("layers", 1), "no other layer reads it"),
        (["layers", 2, "inputs"], [0, 4], ("layers", 2), "images of one size"),
        (["input"], [3, 1, 1], ("layers", 3), "too small"),
        (["layers", 5, "type"], "global_pool", ("layers", 5, "units"), "unknown key"),
    ],
)
def test_a_mistake_has_its_place(path: Any, value: Any, place: Any, text: str) -> None:
    with pytest.raises(SpaceError) as error:
        read(wrong(path, value))
    assert place in [found for found, _ in error.value.mistakes], error.value
    assert text in str(error.value)


def test_a_network_must_end_in_its_classifier() -> None:
    with pytest.raises(SpaceError, match="the last layer must be linear"):
        read({**WRITTEN, "layers": WRITTEN["layers"][:-1]})


def test_insert_gives_a_new_id_and_leaves_the_others() -> None:
    network = read(WRITTEN)
    new = insert(network, "conv", [3], before=[4], **CONV)
    assert new.next_id == 9
    assert new.layer(4).inputs == (8,)
    assert new.layer(5).inputs == (3, 4)
    assert insert(network, "conv", [3], **CONV).layer(5).inputs == (8, 4)
    assert insert(network, "conv", [3], before=[], **CONV).layer(8).inputs == (3,)
    assert read(new.to_json()) == new
    assert network == read(WRITTEN)


def test_a_branch_is_two_insertions() -> None:
    network = linear((3, 8, 8), 10)
    network = insert(network, "conv", [0], **CONV)
    branch = insert(network, "conv", [0], before=[], **CONV)
    joined = insert(branch, "add", [3, 4])
    assert [layer.id for layer in joined.layers][-2:] == [1, 2]
    assert joined.layer(1).inputs == (5,)
    assert read(joined.to_json()) == joined


def test_remove_connects_the_neighbours_and_moves_skips() -> None:
    network = insert(linear((3, 8, 8), 10), "conv", [0], **CONV)
    network = insert(network, "conv", [3], **CONV)
    network = insert(network, "conv", [4], skips=[3, 4], **CONV)
    assert remove(network, 3).layer(4).inputs == (0,)
    assert remove(network, 3).layer(5).skips == (0, 4)
    assert remove(remove(network, 3), 4).layer(5).skips == (0,)
    assert remove(network, 5).layer(1).inputs == (4,)
    assert remove(network, 5).next_id == 6
    with pytest.raises(ValueError, match="cannot be removed"):
        remove(network, 2)


def test_skips_and_options_are_changed() -> None:
    network = change(read(WRITTEN), 3, kernel=[1, 1])
    assert network.layer(3)["kernel"] == (1, 1)
    network = add_skip(network, 0, 4)
    assert network.layer(4).skips == (0,)
    assert remove_skip(network, 0, 3).layer(3).skips == ()
    for wrong_edit in (
        lambda: change(network, 3, kernel=[2, 2]),
        lambda: change(network, 3, units=2),
        lambda: add_skip(network, 4, 3),
        lambda: add_skip(network, 0, 4),
        lambda: add_skip(network, 0, 6),
        lambda: remove_skip(network, 3, 4),
        lambda: insert(network, "conv", [6], before=[3], **CONV),
        lambda: insert(network, "concat", [3, 6], before=[4]),
        lambda: insert(network, "convolution", [3], **CONV),
        lambda: insert(network, "linear", [3], units=3),
        lambda: insert(network, "add", [3]),
        lambda: insert(network, "conv", [3, 4], **CONV),
        lambda: insert(network, "conv", [], **CONV),
        lambda: insert(network, "pool", [3], skips=[3], method="max", kernel=2, stride=2),
        lambda: insert(network, "conv", [4], skips=[3, 3], **CONV),
    ):
        with pytest.raises(ValueError, match=r"layer|options|must be|skip|input"):
            wrong_edit()


def test_layers_that_do_not_fit_are_named() -> None:
    network: Network = insert(linear((3, 8, 8), 10), "conv", [1], **CONV)
    with pytest.raises(ShapeError, match="layer 3: conv needs an image"):
        shapes(network)
