"""Networks of the reading example: they learn, and children inherit shared layers exactly."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from tests.pytorch import require_torch
from tests.unit.examples.test_reading_graphs import mutations

torch = require_torch()


@pytest.fixture(scope="module")
def model(reading: SimpleNamespace) -> Any:
    """The module `network`."""
    return importlib.import_module("network")


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def batches(reading: SimpleNamespace) -> tuple[int, list[Any]]:
    """The size of the vocabulary, and the first questions of the corpus."""
    articles = reading.squad.read(reading.place / "train.json")
    questions = [asked for article in articles[:10] for asked in article]
    reader = reading.data.Reader(questions)
    return reader.words, reader.batches(questions)


def weights(network: Any) -> dict[str, Any]:
    return {name: tensor.clone() for name, tensor in network.state_dict().items()}


def layer_of(tensor: str) -> str:
    return tensor.split(".")[1] if tensor.startswith("layers.") else tensor.partition(".")[0]


def test_shared_layers_are_inherited_exactly(
    reading: SimpleNamespace, model: Any, batches: tuple[int, list[Any]]
) -> None:
    words, some = batches
    mutate = mutations(reading, 5).mutate
    graph = reading.graph.FIRST
    partly = 0
    for _ in range(8):
        parent = model.Network(graph, words)
        next(parent.fit(some[:1]))  # changes every tensor
        graph = mutate(graph)
        child = model.Network(graph, words)
        before, given = weights(child), weights(parent)
        share = child.inherit(given)
        shared = {"embedding", *(layer.name for layer in graph)} & {
            "embedding",
            *(layer.name for layer in parent.graph),
        }
        taken = 0
        for name, tensor in child.state_dict().items():
            source = given if layer_of(name) in shared else before
            assert torch.equal(tensor, source[name]), name
            taken += tensor.numel() if source is given else 0
        assert share == taken / child.size
        partly += share < 1
    assert partly


def test_inserted_layer_changes_no_output_before_training(
    reading: SimpleNamespace, model: Any, batches: tuple[int, list[Any]]
) -> None:
    words, some = batches
    parent = model.Network(reading.graph.FIRST, words)
    next(parent.fit(some[:1]))
    *before, last, answer = reading.graph.FIRST
    added = reading.graph.Layer("convolution-9", "convolution", "text", last.inputs)
    reads = reading.graph.Layer(last.name, last.kind, last.side, (added.name,))
    grown = (*before, added, reads, answer)
    reading.graph.check(grown)
    child = model.Network(grown, words)
    assert 0.8 < child.inherit(parent.state_dict()) < 1
    with torch.no_grad():
        assert torch.equal(parent(some[0]), child(some[0]))
    next(child.fit(some[:1]))
    next(child.fit(some[:1]))
    assert child.layers["convolution-9"].gate != 0


def test_network_learns_its_training_questions(
    reading: SimpleNamespace, model: Any, batches: tuple[int, list[Any]]
) -> None:
    words, some = batches
    torch.manual_seed(1)
    network = model.Network(reading.graph.FIRST, words)
    f1, _ = network.test(some)
    assert f1 < 0.2
    learning = network.fit(some)
    for _ in range(60):
        next(learning)
    f1, exact = network.test(some)
    assert f1 > 0.8
    assert exact <= f1


def test_mutated_graphs_give_trainable_networks(
    reading: SimpleNamespace, model: Any, batches: tuple[int, list[Any]]
) -> None:
    words, some = batches
    mutate = mutations(reading, 9).mutate
    graph = reading.graph.FIRST
    for _ in range(25):
        graph = mutate(graph)
        network = model.Network(graph, words)
        next(network.fit(some[:1]))
        assert all(tensor.isfinite().all() for tensor in network.state_dict().values())
        scores = network(some[0])
        text = torch.from_numpy(some[0].text.words)
        assert scores.shape == (len(text), 2, text.shape[1])
        assert (scores.isinf() == (text == 0).unsqueeze(1)).all()


def test_answers_are_parts_of_the_text(
    reading: SimpleNamespace, model: Any, batches: tuple[int, list[Any]]
) -> None:
    words, some = batches
    network = model.Network(reading.graph.FIRST, words)
    for question, answer in zip(some[0].questions, network.answers(some[0]), strict=True):
        assert answer
        assert answer in question.text
        assert len(reading.data.tokens(answer)) <= model.LONGEST_ANSWER


def test_answer_does_not_depend_on_padding(reading: SimpleNamespace, model: Any) -> None:
    articles = reading.squad.read(reading.place / "dev.json")
    questions = sorted((article[0] for article in articles), key=lambda asked: len(asked.text))
    reader = reading.data.Reader(questions)
    [alone] = reader.batches(questions[:1])
    [together] = reader.batches([questions[0], questions[-1]])
    assert together.text.words.shape[1] > alone.text.words.shape[1]
    torch.manual_seed(2)
    network = model.Network(reading.graph.FIRST, reader.words)
    for step in network.layers.values():
        if hasattr(step, "gate"):
            torch.nn.init.ones_(step.gate)
    with torch.no_grad():
        one, two = network(alone)[0], network(together)[0]
    torch.testing.assert_close(one, two[:, : one.shape[1]])
