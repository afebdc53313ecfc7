"""What ends hopeless trials early. One's own: subclass `Assessor` and name it in the file."""

from controller.assessors.interface import Assessor

__all__ = ["Assessor"]
