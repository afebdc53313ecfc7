"""The experiment file: read, checked, and every mistake in it named with its place."""

from controller.config.experiment import Experiment
from controller.config.load import dump, json_schema, load, load_with_notes, restore
from controller.config.mistakes import ConfigError, Mistake

__all__ = [
    "ConfigError",
    "Experiment",
    "Mistake",
    "dump",
    "json_schema",
    "load",
    "load_with_notes",
    "restore",
]
