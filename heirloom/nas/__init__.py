"""Networks with choices in them: one definition gives search space, candidates and supernet.

    from torch import nn
    from heirloom import nas

    class Net(nn.Module):
        input_shape = (1, 28, 28)

        def __init__(self):
            super().__init__()
            width = nas.value("width", [16, 32, 64])
            kernel = nas.value("kernel", [3, 5])
            self.stem = nn.Conv2d(1, width, kernel, padding=kernel // 2)
            self.pool = nas.choice("pool", {"max": lambda: nn.MaxPool2d(2), "avg": …})
            …

    model = nas.candidate(Net)  # of this trial's params

PyTorch is imported with this package.
"""

from .errors import NasError
from .labels import value
from .model import Cost, candidate, choose, cost, parts, space, supernet
from .network import network
from .oneshot.alphas import Alphas, add_alphas, shared_weights
from .oneshot.samples import samples
from .oneshot.unrolled import first_order, second_order
from .parts import Choice, Inputs, Part, Repeat, choice, inputs, repeat

__all__ = [
    "Alphas",
    "Choice",
    "Cost",
    "Inputs",
    "NasError",
    "Part",
    "Repeat",
    "add_alphas",
    "candidate",
    "choice",
    "choose",
    "cost",
    "first_order",
    "inputs",
    "network",
    "parts",
    "repeat",
    "samples",
    "second_order",
    "shared_weights",
    "space",
    "supernet",
    "value",
]
