"""DARTS: a chain of supernets, and the network derived from their architecture parameters."""
