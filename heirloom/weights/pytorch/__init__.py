"""What `heirloom.torch` needs to know of PyTorch's modules and optimizers."""
