"""The process in which the tuner and the assessor run, and its messages."""
