"""What an experiment is doing now. The cost does not grow with the number of its trials."""
