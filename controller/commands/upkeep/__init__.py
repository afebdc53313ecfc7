"""Commands for what searches leave on disk: weights, journals, whole experiments."""
