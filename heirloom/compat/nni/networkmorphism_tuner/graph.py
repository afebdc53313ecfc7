"""Networks of the tuner `NetworkMorphism`, as its trials ask for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn

from heirloom.channel.nni_params import NETWORK

__all__ = ["Graph", "json_to_graph"]


class Graph:
    """A network that the tuner proposes.

    It is not in NNI's form, but in that of the search space's type `layers`.

    Args:
        network: the value of the trial's parameter `network`.
    """

    def __init__(self, network: Any) -> None:
        self.network = network
        self.operation_history: list[Any] = []  # NNI's changes; trials only print them

    def produce_torch_model(self) -> Any:
        """The PyTorch module, with new weights. It returns the scores of the classes.

        With `heirloom.torch.inherit` it gets weights with which it computes what its parent does.
        """
        from heirloom.nas import network  # imports torch, which only trials need

        return network(self.network, keep_function=True)

    def produce_keras_model(self) -> NoReturn:
        """Raise NotImplementedError."""
        raise NotImplementedError(
            "Heirloom's networks are PyTorch modules: call produce_torch_model()"
        )


def json_to_graph(json_model: Any) -> Graph:
    """The network of what `nni.get_next_parameter` has returned.

    Raises ValueError for what is not from the tuner `NetworkMorphism`.
    """
    if not isinstance(json_model, Mapping) or NETWORK not in json_model:
        raise ValueError(
            f"a mapping with the key {NETWORK} is expected, as nni.get_next_parameter() returns it "
            f"in a search with the tuner NetworkMorphism, not {json_model!r}"
        )
    return Graph(json_model[NETWORK])
