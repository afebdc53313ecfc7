"""ENAS: candidates share the weights of a chain of trials, and a policy learns which are good."""

TRAIN, EVALUATE, FINAL = "train", "evaluate", "final"  # values of the parameter `task`
