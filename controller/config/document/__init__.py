"""Reads YAML and JSON files, with the line of every key."""

from controller.config.document.document import Document, Place
from controller.config.document.reader import read

__all__ = ["Document", "Place", "read"]
