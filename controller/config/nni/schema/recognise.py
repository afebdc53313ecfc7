"""Recognises NNI's configuration files by their keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from controller.config.experiment import Experiment
from controller.config.nni.schema.keys import plain
from controller.config.nni.schema.v1 import V1
from controller.config.nni.schema.v2 import V2

Version = Literal["v1", "v2"]

MODELS: Mapping[Version, type[V1 | V2]] = {"v1": V1, "v2": V2}


def version_of(document: Mapping[str, Any]) -> Version | None:
    """The version of NNI's form that a document has; None for Heirloom's form, or neither.

    It is the version with the most keys of the document, not counting keys of Heirloom's form.
    """
    own = set(Experiment.model_fields)
    others = own - _keys(V1) - _keys(V2)
    foreign = {plain(key) for key in document if key not in own}
    known: dict[Version, int] = {
        version: len({plain(key) for key in _keys(model) - own} & foreign)
        for version, model in MODELS.items()
    }
    best = max(known, key=lambda version: known[version])
    return best if known[best] > len(others & document.keys()) else None


def _keys(model: type[V1 | V2]) -> set[str]:
    return {field.alias or name for name, field in model.model_fields.items()}
