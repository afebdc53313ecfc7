"""What the durations of trials went to."""
