"""The file that lists a saved model's files: `model.safetensors.index.json`.

It has the form that Hugging Face's transformers gave it: `weight_map` names the file of each
tensor. A directory holds the model that its index lists, whatever other files are there. So
replacing the index, in one rename, replaces the model.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Optional

from ..store.atomic_write import replace_file
from .errors import WeightsError

NAME = "model.safetensors.index.json"
_PICKLES = (".pt", ".pth", ".bin", ".ckpt", ".pkl")


@dataclass(frozen=True)
class Index:
    """What a directory of weights holds.

    files: the names of the files that hold the model's tensors.
    tied: for a tensor that shares another's numbers, the name of the other.
    optimizer: the file of the optimizer's tensors, if there is one.
    optimizer_values: values of the optimizer's state that are no tensors, by parameter and name.
    structure: the structure of the model, as plain JSON; None for a model without one.
    """

    files: tuple[str, ...]
    tied: Mapping[str, str] = field(default_factory=dict)
    optimizer: Optional[str] = None
    optimizer_values: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    structure: Any = None

    @property
    def paths(self) -> set[str]:
        """The names of all files."""
        return {*self.files, *([self.optimizer] if self.optimizer else [])}


def read(directory: Path) -> Index:
    """The index of a directory; without one, all tensors of all its safetensors files.

    Raises WeightsError if there are no weights in that form, or OSError.
    """
    try:
        text = (directory / NAME).read_text(encoding="utf-8")
    except NotADirectoryError:
        raise WeightsError(f"{directory} is a file: give the directory that holds it") from None
    except FileNotFoundError:
        return _without_index(directory)
    try:
        found = json.loads(text)
        about = found.get("metadata", {})
        index = Index(
            files=tuple(sorted(set(found["weight_map"].values()))),
            tied=dict(about.get("tied", {})),
            optimizer=about.get("optimizer"),
            optimizer_values=dict(about.get("optimizer_values", {})),
            structure=about.get("structure"),
        )
        _check(index.paths)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise WeightsError(f"{directory / NAME} is not a valid index: {error}") from None
    return index


def _check(paths: Iterable[str]) -> None:
    """Raise ValueError unless all are names of files in the same directory."""
    for path in paths:
        if not isinstance(path, str) or path != os.path.basename(path):
            raise ValueError(f"{path!r} is no file of its directory")


def write(directory: Path, index: Index, weight_map: Mapping[str, str], size: int) -> None:
    """Replace the index. Raises OSError.

    `weight_map` names the file of each tensor; `size` is the sum of their bytes.
    """
    metadata: dict[str, Any] = {"total_size": size}
    if index.tied:
        metadata["tied"] = dict(index.tied)
    if index.optimizer:
        metadata["optimizer"] = index.optimizer
        metadata["optimizer_values"] = {k: dict(v) for k, v in index.optimizer_values.items()}
    if index.structure is not None:
        metadata["structure"] = index.structure
    text = json.dumps({"metadata": metadata, "weight_map": dict(sorted(weight_map.items()))})
    replace_file(str(directory / NAME), text.encode())


def old_paths(directory: Path) -> set[str]:
    """The files that the directory's index lists now; none if it has no valid index."""
    try:
        return read(directory).paths if (directory / NAME).exists() else set()
    except WeightsError:
        return set()


def remove(directory: Path, names: Iterable[str]) -> None:
    """Remove files that no index lists."""
    for name in names:
        (directory / name).unlink(missing_ok=True)


def _without_index(directory: Path) -> Index:
    found = sorted(path.name for path in directory.iterdir())
    files = [name for name in found if name.endswith(".safetensors")]
    if files:
        return Index(tuple(files))
    pickles = [name for name in found if name.endswith(_PICKLES)]
    holds = f"only {', '.join(found[:5])}" if found else "nothing"
    why = (
        " (a pickle can run any code when it is loaded, so Heirloom reads none)" if pickles else ""
    )
    raise WeightsError(
        f"{directory} has no safetensors file, {holds}{why}: "
        "save the weights with heirloom.torch.save or heirloom.numpy.save"
    )
