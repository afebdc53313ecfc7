"""Assessors stop trials early. To write one, subclass `Assessor` and name the class in the file."""

from .interface import Assessor

__all__ = ["Assessor"]
