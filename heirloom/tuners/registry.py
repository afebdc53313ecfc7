"""The tuners and assessors that come with Heirloom, by name."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

TUNERS = {
    "batch": "heirloom.tuners.batch.Batch",
    "evolution": "heirloom.tuners.evolution.Evolution",
    "gp": "heirloom.tuners.optuna.GP",
    "grid": "heirloom.tuners.grid.Grid",
    "random": "heirloom.tuners.random.Random",
    "tpe": "heirloom.tuners.optuna.TPE",
}
ASSESSORS = {"median_stopping": "heirloom.assessors.median.MedianStopping"}
KNOWN = {"tuner": TUNERS, "assessor": ASSESSORS}


def find(kind: str, name: str) -> type[Any]:
    """The class of a tuner or an assessor that comes with Heirloom. Raises KeyError."""
    module, _, attribute = KNOWN[kind][name].rpartition(".")
    found: type[Any] = getattr(import_module(module), attribute)
    return found


def label(kind: str, choice: Mapping[str, Any]) -> str:
    """`tuner evolution` or `tuner MyTuner`: how words for a person name what the file chose."""
    return f"{kind} {choice.get('name') or choice['class'].rpartition('.')[2]}"
