"""Small networks for the tests of morphism."""

from __future__ import annotations

from heirloom.space.network import Network, insert, linear


def convolutional(width: int = 4, depth: int = 3) -> Network:
    """Convolutions with a pooling after each but the last, for images of 12x12."""
    network, last = linear((1, 12, 12), 10), 0
    for number in range(depth):
        network, last = (
            insert(
                network,
                "conv",
                [last],
                filters=width,
                kernel=[3, 3],
                stride=1,
                activation="bn_relu",
            ),
            network.next_id,
        )
        if number < depth - 1:
            network, last = (
                insert(network, "pool", [last], method="max", kernel=2, stride=2),
                network.next_id,
            )
    return network
