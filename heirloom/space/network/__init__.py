"""Networks as values of a parameter: layers with ids, which tuners insert, remove and change.

Nothing limits the number of layers. Every operation returns a new network. An id means the same
layer in a network and in its descendants, so that a child inherits each layer's weights by name.
"""

from .edits import add_skip, change, insert, remove, remove_skip
from .graph import INPUT, Layer, Network, linear
from .kinds import KINDS
from .read import read
from .shapes import ShapeError, macs, parameters, shapes, tensors

__all__ = [
    "INPUT", "KINDS", "Layer", "Network", "ShapeError", "add_skip", "change", "insert", "linear",
    "macs", "parameters", "read", "remove", "remove_skip", "shapes", "tensors",
]  # fmt: skip
