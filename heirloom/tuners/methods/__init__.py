"""Methods from papers, each a tuner, and parts of tuners."""
