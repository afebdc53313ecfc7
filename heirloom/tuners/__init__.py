"""Tuners. To write one, subclass `Tuner` and name the class in the experiment file."""

from .generators import generator_state, load_generator
from .interface import Proposal, Result, SearchFinished, Tuner

__all__ = [
    "Proposal",
    "Result",
    "SearchFinished",
    "Tuner",
    "generator_state",
    "load_generator",
]
