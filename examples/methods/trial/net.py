"""Networks with choices in them."""

from heirloom.nas.spaces import NASNET, CellNet, ChainNet, DartsNet, MacroNet


def net():
    """A chain of convolutions: the width, the depth and each kernel are chosen."""
    return ChainNet(input_shape=(1, 14, 14), widths=(8, 16, 32), depths=(1, 2))


def cells():
    """NASNet's cells: what each side of each block reads, and its operation, are chosen."""
    return CellNet(input_shape=(1, 14, 14), channels=4, cells=3, blocks=2, operations=NASNET)


def darts():
    """Cells of DARTS: the operation on each edge between two nodes is chosen."""
    return DartsNet(input_shape=(1, 14, 14), channels=4, cells=3, nodes=2)


def macro():
    """ENAS's macro space: the operation of each layer, and its skip connections, are chosen."""
    return MacroNet(input_shape=(1, 14, 14), channels=8, layers=6)


def micro():
    """ENAS's micro space: cells like NASNet's, with fewer operations."""
    return CellNet(input_shape=(1, 14, 14), channels=8, cells=3, blocks=2)
