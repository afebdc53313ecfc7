"""Networks of NetworkMorphism, as its trials ask for them."""

import pytest

from nni.algorithms.hpo.networkmorphism_tuner import graph as second
from nni.networkmorphism_tuner.graph import json_to_graph


def test_both_module_names_are_the_same() -> None:
    assert second.json_to_graph is json_to_graph


@pytest.mark.parametrize("params", ['{"vertices": []}', {"x": 1}, None])
def test_what_is_no_network_is_named(params: object) -> None:
    with pytest.raises(ValueError, match="a mapping with the key network is expected"):
        json_to_graph(params)


def test_keras_is_refused_with_what_to_call() -> None:
    graph = json_to_graph({"network": {}})
    with pytest.raises(NotImplementedError, match="produce_torch_model"):
        graph.produce_keras_model()
