"""Networks as values of a parameter: layers with ids, which tuners insert, remove and change.

Nothing limits the number of layers. Every operation returns a new network. An id means the same
layer in a network and in its descendants, so that a child inherits each layer's weights by name.
"""

from .dimension import Layers
from .edits import add_skip, change, insert, remove, remove_skip
from .graph import INPUT, Layer, Network, linear
from .kinds import KINDS
from .mutations import MUTATIONS, half_to_double, mutate_network
from .read import read
from .shapes import ShapeError, macs, parameters, shapes, tensors

__all__ = [
    "INPUT",
    "KINDS",
    "MUTATIONS",
    "Layer",
    "Layers",
    "Network",
    "ShapeError",
    "add_skip",
    "change",
    "half_to_double",
    "insert",
    "linear",
    "macs",
    "mutate_network",
    "parameters",
    "read",
    "remove",
    "remove_skip",
    "shapes",
    "tensors",
]
