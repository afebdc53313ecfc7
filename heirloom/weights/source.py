"""Reads the tensors of saved weights, one at a time."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

from . import index
from .errors import WeightsError
from .names import without_wrappers
from .plan import Tensor

_KINDS = {"B": "b", "I": "i", "U": "i", "F": "f", "C": "c"}  # first letter of a dtype, as in BF16


class Source:
    """The weights in a directory, or in one safetensors file.

    tensors: shape and kind of each tensor, by the name it has in the model itself; a tensor that
        was tied to another has both names.
    Raises WeightsError or OSError.
    """

    def __init__(self, path: Path, framework: str) -> None:
        self.path = path
        self._framework = framework
        self._open = _safe_open()
        directory, self.index = _locate(path)
        self._files: dict[str, tuple[Any, str]] = {}  # open file and stored name, by tensor
        self.tensors: dict[str, Tensor] = {}
        found: dict[str, Any] = {}  # open file, by stored name
        for each in self.index.files:
            file = self._file(directory / each)
            found.update(dict.fromkeys(file.keys(), file))
        for stored, name in without_wrappers(found).items():
            self._add(name, found[stored], stored)
        for alias, name in self.index.tied.items():
            if name in self._files:
                self._files[alias], self.tensors[alias] = self._files[name], self.tensors[name]

    def read(self, name: str) -> Any:
        """A tensor, in memory that is read from the file when it is used."""
        file, stored = self._files[name]
        return file.get_tensor(stored)

    def optimizer(self) -> dict[str, dict[str, Any]]:
        """The optimizer's state by parameter and name: tensors, and values of JSON types."""
        state: dict[str, dict[str, Any]] = {
            parameter: dict(values) for parameter, values in self.index.optimizer_values.items()
        }
        if self.index.optimizer is not None:
            file = self._file(self.path / self.index.optimizer)
            for key in file.keys():  # noqa: SIM118 - the file is no mapping
                parameter, _, name = key.rpartition("/")
                state.setdefault(parameter, {})[name] = file.get_tensor(key)
        return state

    def _add(self, name: str, file: Any, stored: str) -> None:
        part = file.get_slice(stored)
        kind = "b" if part.get_dtype() == "BOOL" else _KINDS[part.get_dtype()[0]]
        self.tensors[name] = Tensor(tuple(part.get_shape()), kind)
        self._files[name] = (file, stored)

    def _file(self, path: Path) -> Any:
        try:
            return self._open(str(path), framework=self._framework)
        except FileNotFoundError:
            raise WeightsError(f"{path} is missing, though {index.NAME} lists it") from None
        except OSError:
            raise
        except Exception as error:  # safetensors raises an exception class of its own
            raise WeightsError(f"{path} is no valid safetensors file: {error}") from None


def _locate(path: Path) -> tuple[Path, index.Index]:
    if path.is_file() and path.suffix == ".safetensors":
        return path.parent, index.Index((path.name,))
    return path, index.read(path)


def _safe_open() -> Any:
    try:
        return importlib.import_module("safetensors").safe_open
    except ImportError:
        raise WeightsError(
            "the package safetensors is not installed where trials run: pip install safetensors"
        ) from None
