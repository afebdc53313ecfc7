"""Network morphism guided by Bayesian optimization, as in Auto-Keras."""
