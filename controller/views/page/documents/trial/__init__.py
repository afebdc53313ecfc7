"""What there is to know of one trial."""
