"""DARTS: a chain of supernets, and the network that their architecture parameters tell."""
