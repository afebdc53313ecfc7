"""The same searches with other tools: Ray Tune, NePS and Optuna."""
