"""Candidates that are made of others: crossover and perturbation."""
