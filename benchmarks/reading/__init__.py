"""Reading, resuming and writing an experiment with many trials."""
