"""Models of learning curves, and what they predict."""
