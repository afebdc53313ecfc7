"""How events change the state, by topic. Only `Experiment.apply` calls these functions."""
