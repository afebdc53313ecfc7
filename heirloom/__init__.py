"""What runs on nodes. Standard library only, Python 3.9 or newer."""

__version__ = "0.1.0"
