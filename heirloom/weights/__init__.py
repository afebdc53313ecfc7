"""What a child takes over from its parents' weights, by tensor name and shape, for any framework.

This package plans; `heirloom.torch` and `heirloom.numpy` move the numbers.
"""
