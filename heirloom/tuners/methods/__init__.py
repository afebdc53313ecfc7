"""Methods from papers, each a tuner."""
