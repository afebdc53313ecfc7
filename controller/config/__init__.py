"""The experiment file: its model, loading, and messages about mistakes."""

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
