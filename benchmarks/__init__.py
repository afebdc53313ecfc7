"""What Heirloom costs, measured: `python -m benchmarks [--quick] [NAME ...]`."""
