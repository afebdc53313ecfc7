"""Networks that keep the function of the one that they descend from, by save and inherit."""

from __future__ import annotations

import math
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heirloom.space.network import Network, change, insert, remove
from heirloom.tuners.methods.morphism.morphs import draw, morphs
from tests.pytorch import require_torch
from tests.unit.tuners.methods.morphism.networks import convolutional

torch = require_torch()

from heirloom import nas
from heirloom.morphism.growth import rectified
from heirloom.torch import inherit, save
from heirloom.weights.errors import WeightsError


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(1)


def descendants(seed: int, count: int, *, flattened: bool = False) -> list[Network]:
    """A network and a chain of changed ones; without the mean of each channel if `flattened`."""
    rng = random.Random(seed)
    network = convolutional(3)
    found = [remove(network, 1) if flattened else network]
    for _ in range(count):
        found.append(next(draw(found[-1], rng, 50)))
    return found


def trained(graph: Network) -> Any:
    """A network with weights and statistics as training leaves them, in double precision."""
    module = nas.network(graph.to_json()).double()
    for layer in module.modules():
        if isinstance(layer, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(layer.weight, -1, 1)
            torch.nn.init.normal_(layer.bias)
            layer.running_mean.normal_()
            layer.running_var.uniform_(0.5, 2)
            layer.num_batches_tracked.fill_(7)
    return module.eval()


def grown(graph: Network, path: Path, noise: float = 0.0) -> tuple[Any, Any]:
    """A network with the weights that it inherits, and the report."""
    module = nas.network(graph.to_json(), keep_function=True, noise=noise).double()
    return module, inherit(module.eval(), path)


def grown_in_memory(ancestor: Any, graph: Network) -> Any:
    """A network with all of its tensors from the ancestor's, without files."""
    module = nas.network(graph.to_json(), keep_function=True, noise=0).to(
        next(ancestor.parameters())
    )
    found = module.grown(ancestor.structure, ancestor.state_dict())
    assert found is not None
    tensors, same_function = found
    assert same_function
    module.load_state_dict(tensors)
    return module.eval()


def difference(one: Any, other: Any) -> float:
    """The largest difference of outputs, as a share of the largest output."""
    images = torch.randn(4, 1, 12, 12, dtype=torch.float64)
    with torch.no_grad():
        outputs = one(images)
        return float((outputs - other(images)).abs().max() / outputs.abs().max())


@settings(max_examples=10)
@given(seed=st.integers(0, 2**32), count=st.integers(1, 6), flattened=st.booleans())
def test_any_chain_of_changes_keeps_the_function(seed: int, count: int, flattened: bool) -> None:
    chain = descendants(seed, count, flattened=flattened)
    ancestor = trained(chain[random.Random(seed).randrange(count)])
    assert difference(ancestor, grown_in_memory(ancestor, chain[-1])) < 1e-6


@pytest.mark.parametrize("kind", ["deeper", "wider", "skip"])
def test_every_single_change_keeps_the_function(kind: str) -> None:
    parent = trained(convolutional(3))
    for morph in morphs(convolutional(3))[kind]:
        assert difference(parent, grown_in_memory(parent, morph())) < 1e-6


def test_saved_weights_carry_the_network_that_they_belong_to(tmp_path: Path) -> None:
    chain = descendants(5, 4)
    save(trained(chain[1]), tmp_path)
    parent, _ = grown(chain[1], tmp_path)
    child, report = grown(chain[-1], tmp_path)
    assert report.same_function
    assert report.share == 1
    assert difference(parent, child) < 1e-6


def test_noise_is_a_share_of_the_range_of_weights_and_only_in_new_ones(tmp_path: Path) -> None:
    parent = trained(convolutional(3))
    save(parent, tmp_path)
    wide = change(convolutional(3), 3, filters=9)  # the first convolution
    (exact, _), (noisy, _) = (grown(wide, tmp_path, noise) for noise in (0.0, 1e-2))
    weight = parent.layers["3"].conv.weight
    change_of = (noisy.layers["3"].conv.weight - exact.layers["3"].conv.weight).abs()
    assert change_of[:3].max() == 0
    assert 0 < change_of[3:].max() <= 1e-2 * (weight.max() - weight.min()) / 2
    assert torch.equal(noisy.layers["3"].norm.weight, exact.layers["3"].norm.weight)
    slightly, _ = grown(wide, tmp_path, 1e-4)
    assert 0 < difference(parent, slightly) < 1e-3


def test_what_is_no_descendant_inherits_what_it_has_in_common(tmp_path: Path) -> None:
    one, other = descendants(1, 3)[-1], descendants(2, 3)[-1]
    save(trained(one), tmp_path)
    _, report = grown(other, tmp_path)
    assert not report.same_function
    assert report.share > 0
    assert "the parent's function not kept" in str(report)
    assert report.as_dict()["same_function"] is False


def test_layers_above_a_change_of_kernel_are_still_grown(tmp_path: Path) -> None:
    parent = trained(convolutional(3))
    save(parent, tmp_path)
    graph = change(change(convolutional(3), 3, filters=6), 7, kernel=[5, 5])
    child, report = grown(graph, tmp_path)
    assert not report.same_function
    assert torch.equal(child.layers["3"].conv.weight[:3], parent.layers["3"].conv.weight)
    copied = child.layers["5"].conv.weight.sum(1)  # shares of a channel add up
    assert torch.allclose(copied[0].sum(), parent.layers["5"].conv.weight[0].sum())


def test_without_keep_function_the_common_part_is_inherited(tmp_path: Path) -> None:
    save(trained(convolutional(3)), tmp_path)
    report = inherit(nas.network(change(convolutional(3), 3, filters=6).to_json()), tmp_path)
    assert report.same_function is None
    assert "layers.3.conv.weight" in report.partly


def test_the_optimizer_goes_on_where_a_tensor_is_as_it_was(tmp_path: Path) -> None:
    parent = nas.network(convolutional(3).to_json())
    optimizer = torch.optim.SGD(parent.parameters(), lr=0.1, momentum=0.9)
    parent(torch.randn(4, 1, 12, 12)).sum().backward()
    optimizer.step()
    save(parent, tmp_path, optimizer=optimizer)
    child = nas.network(
        insert(
            convolutional(3),
            "conv",
            [3],
            filters=3,
            kernel=[3, 3],
            stride=1,
            activation="bn_relu",
        ).to_json(),
        keep_function=True,
    )
    optimizer = torch.optim.SGD(child.parameters(), lr=0.1, momentum=0.9)
    report = inherit(child, tmp_path, optimizer=optimizer)
    assert report.optimizer == len(list(parent.parameters()))
    assert child.layers["8"].conv.weight not in optimizer.state


def test_values_behind_a_relu_have_the_moments_of_a_rectified_normal_distribution() -> None:
    mean, variance = rectified(torch.ones(1), torch.zeros(1))
    assert mean.item() == pytest.approx(1 / math.sqrt(2 * math.pi), abs=1e-4)
    assert variance.item() == pytest.approx(0.5 - 1 / (2 * math.pi), abs=1e-4)
    mean, variance = rectified(torch.tensor([-0.5, 1.0]), torch.tensor([9.0, -9.0]))
    assert mean.tolist() == pytest.approx([9.0, 0.0], abs=1e-4)
    assert variance.tolist() == pytest.approx([0.25, 0.0], abs=1e-4)


def test_a_new_layer_nearly_returns_its_input_in_training_too() -> None:
    graph = convolutional(8, depth=1)
    parent = nas.network(graph.to_json())
    child = morphs(graph)["deeper"][0]()
    module = grown_in_memory(parent, child)
    images = torch.randn(64, 1, 12, 12)
    with torch.no_grad():
        wanted, found = parent.train()(images), module.train()(images)
    assert (found - wanted).abs().mean() < 0.1 * wanted.std()


def test_a_wrapped_network_is_saved_with_its_layers(tmp_path: Path) -> None:
    parent = trained(convolutional(3))
    wrapped = torch.nn.DataParallel(parent)
    save(wrapped, tmp_path)
    child, report = grown(change(convolutional(3), 3, filters=6), tmp_path)
    assert report.same_function
    assert difference(parent, child) < 1e-6


def test_a_network_within_another_module_inherits_by_name(tmp_path: Path) -> None:
    def outer(graph: Network) -> Any:
        found = torch.nn.Module()
        found.module = nas.network(graph.to_json(), keep_function=True)
        found.scale = torch.nn.Parameter(torch.ones(1))
        return found

    save(outer(convolutional(3)), tmp_path)
    report = inherit(outer(change(convolutional(3), 3, filters=6)), tmp_path)
    assert report.same_function is None
    assert "scale" in report.whole
    assert "module.layers.3.conv.weight" in report.partly


def test_a_network_with_more_tensors_than_its_layers_is_grown(tmp_path: Path) -> None:
    graphs = convolutional(3), change(convolutional(3), 3, filters=6)
    parent, child = (nas.network(graph.to_json(), keep_function=True) for graph in graphs)
    for module in (parent, child):
        module.register_buffer("mean", torch.ones(1))
    save(parent, tmp_path)
    report = inherit(child, tmp_path)
    assert report.same_function
    assert "mean" in report.whole


def test_a_damaged_structure_is_named(tmp_path: Path) -> None:
    parent = nas.network(convolutional(3).to_json())
    parent.structure = {"layers": []}
    save(parent, tmp_path)
    with pytest.raises(WeightsError, match=r"of no network: .*layers: must be a list of layers"):
        grown(change(convolutional(3), 3, filters=6), tmp_path)
