"""Writes a model as a set of safetensors files that becomes visible at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable, Optional

from . import index
from .names import escape, group

MOST_FILES = 64  # of one model
Write = Callable[[Mapping[str, Any], Path], None]


@dataclass(frozen=True)
class OptimizerState:
    """An optimizer's state: tensors by `parameter/name`, and values by parameter and name."""

    tensors: Mapping[str, Any]
    values: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Model:
    """What is saved: tensors, names of tied ones, the optimizer's state, the model's structure."""

    tensors: Mapping[str, Any]
    size: int  # bytes
    tied: Mapping[str, str] = field(default_factory=dict)
    optimizer: Optional[OptimizerState] = None
    structure: Any = None  # plain JSON


def write_model(directory: Path, model: Model, write: Write) -> None:
    """Write the model's files, then the index that lists them.

    The tensors of one child of the model are in one file, so that a child trial which leaves them
    as they are stores them once. A file that the present index lists is not changed: until the new
    index replaces it, the directory holds the earlier model. Raises OSError, and what `write`
    raises.
    """
    directory.mkdir(parents=True, exist_ok=True)
    taken = index.old_paths(directory)
    written: list[str] = []
    weight_map: dict[str, str] = {}
    try:
        for child, names in group(list(model.tensors), MOST_FILES).items():
            stem = f"model-{escape(child)}" if child else "model"
            name = _write(directory, stem, taken, written, _pick(model.tensors, names), write)
            weight_map.update(dict.fromkeys(names, name))
        state = model.optimizer
        optimizer = state and _write(directory, "optimizer", taken, written, state.tensors, write)
        found = index.Index(
            tuple(sorted(set(weight_map.values()))),
            model.tied,
            optimizer or None,
            state.values if state else {},
            model.structure,
        )
        index.write(directory, found, weight_map, model.size)
    except BaseException:
        index.remove(directory, written)
        raise
    index.remove(directory, taken - found.paths)


def _write(
    directory: Path,
    stem: str,
    taken: set[str],
    written: list[str],
    tensors: Mapping[str, Any],
    write: Write,
) -> str:
    name = next(
        name
        for number in range(len(taken) + 1)
        if (name := f"{stem}.{number}.safetensors" if number else f"{stem}.safetensors")
        not in taken
    )
    written.append(name)
    write(tensors, directory / name)
    return name


def _pick(tensors: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    return {name: tensors[name] for name in names}
