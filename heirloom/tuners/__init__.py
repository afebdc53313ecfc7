"""What proposes trials. A tuner of one's own: subclass `Tuner` and name the class in the file."""

from .interface import Proposal, Result, SearchFinished, Tuner

__all__ = ["Proposal", "Result", "SearchFinished", "Tuner"]
