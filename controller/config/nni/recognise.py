"""Tells NNI's configuration files from Heirloom's experiment files, by their keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from controller.config.experiment import Experiment
from controller.config.nni.v1 import V1
from controller.config.nni.v2 import V2

Version = Literal["v1", "v2"]

MODELS: Mapping[Version, type[V1 | V2]] = {"v1": V1, "v2": V2}


def version_of(said: Mapping[str, Any]) -> Version | None:
    """Which of NNI's forms a document has; None: Heirloom's own, or neither.

    It is the one that knows most of the keys, leaving aside what Heirloom's own form knows too.
    """
    own = set(Experiment.model_fields)
    known: dict[Version, int] = {
        version: len((_keys(model) - own) & said.keys()) for version, model in MODELS.items()
    }
    best = max(known, key=lambda version: known[version])
    others = own - _keys(V1) - _keys(V2)
    return best if known[best] > len(others & said.keys()) else None


def _keys(model: type[V1 | V2]) -> set[str]:
    return {field.alias or name for name, field in model.model_fields.items()}
