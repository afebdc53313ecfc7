"""The documents that explain a search: lineage, learning curves, parameters, chains, networks."""
