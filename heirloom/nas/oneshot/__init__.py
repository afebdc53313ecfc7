"""What trials of one-shot methods need, whose candidates share the weights of one network."""
