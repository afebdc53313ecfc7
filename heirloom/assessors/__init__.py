"""What ends hopeless trials early. One's own: subclass `Assessor` and name it in the file."""

from .interface import Assessor

__all__ = ["Assessor"]
