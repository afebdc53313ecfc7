"""What runs on nodes. Standard library only, Python 3.9 or newer."""
