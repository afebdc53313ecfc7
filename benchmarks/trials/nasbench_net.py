"""The network of NAS-Bench-201, small, in place of the net.py of examples/methods."""

from heirloom.nas.spaces import NasBench201


def net() -> NasBench201:
    """One cell in each of three stages. The benchmark's has five, and four times the channels."""
    return NasBench201(input_shape=(1, 14, 14), channels=4, cells=1)


darts = net  # the name that train_darts.py imports
