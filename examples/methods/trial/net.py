"""A network with choices in it: the width, the depth and each kernel of a chain of convolutions."""

from heirloom.nas.spaces import ChainNet


def net():
    return ChainNet(input_shape=(1, 14, 14), widths=(8, 16, 32), depths=(1, 2))
