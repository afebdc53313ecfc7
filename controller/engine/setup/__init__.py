"""What a search needs before it runs: nodes, Pythons, the store, and specs for its attempts."""
