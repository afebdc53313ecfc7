"""Tuners. To write one, subclass `Tuner` and name the class in the experiment file."""

from .interface import Proposal, Result, SearchFinished, Tuner

__all__ = ["Proposal", "Result", "SearchFinished", "Tuner"]
