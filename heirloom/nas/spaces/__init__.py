"""Search spaces that come with Heirloom: models with choices, for images or vectors."""

from .cell import DARTS, ENAS_MICRO, NASNET, CellNet
from .chain import ChainNet
from .darts import DartsNet
from .macro import MacroNet
from .mlp import MLP
from .nasbench201 import NasBench201

__all__ = [
    "DARTS",
    "ENAS_MICRO",
    "MLP",
    "NASNET",
    "CellNet",
    "ChainNet",
    "DartsNet",
    "MacroNet",
    "NasBench201",
]
