"""Types of fields of the experiment file."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationInfo, WithJsonSchema

from controller.config import units
from controller.config.mistakes import Key, several
from heirloom.node.spec_values import text_problem
from heirloom.objective import DIRECTIONS, ObjectiveError, Objectives

_KEEP = re.compile(r"all|lineage|best [1-9][0-9]*")
_EXPORTER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_SQLITE = "sqlite:///"
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_NNI = {
    "NNI_PLATFORM",
    "NNI_EXP_ID",
    "NNI_TRIAL_JOB_ID",
    "NNI_TRIAL_SEQ_ID",
    "NNI_SYS_DIR",
    "NNI_OUTPUT_DIR",
    "NNI_CODE_DIR",
}


class Section(BaseModel):
    """A section of the experiment file. Types are strict and unknown keys are mistakes.

    If the validation context has a directory `base`, relative paths are resolved against it and
    must exist.
    """

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        strict=True,
        validate_default=True,
        use_attribute_docstrings=True,
    )


def _path(value: Any, info: ValidationInfo) -> Path:
    if not isinstance(value, str | Path) or not str(value):
        raise ValueError(f"must be a path, not {value!r}")
    _refuse_unusable(str(value))
    if not info.context:
        return Path(value)
    try:
        path = Path(value).expanduser()
    except RuntimeError as error:
        raise ValueError(f"{value}: {error}") from None
    found = os.path.abspath(info.context["base"] / path)  # noqa: PTH100 - keeps symlinks
    path = Path("/" + found.lstrip("/"))
    _refuse_unusable(str(path))  # the directory of the experiment file may be what is unusable
    return path


def _existing(value: Any, info: ValidationInfo) -> Path:
    path = _path(value, info)
    if info.context and not path.exists():
        raise ValueError(f"{path} does not exist")
    return path


def _absolute(value: Any) -> Path:
    if not isinstance(value, str | Path) or not Path(value).is_absolute():
        raise ValueError(f"must be an absolute path, such as /data/out, not {value!r}")
    _refuse_unusable(str(value))
    return Path(value)


def _directory(value: Any, info: ValidationInfo) -> Path:
    path = _existing(value, info)
    if info.context and not path.is_dir():
        raise ValueError(f"{path} is not a directory")
    return path


def _inventory(value: Any, info: ValidationInfo) -> Path | dict[str, Any]:
    if not isinstance(value, dict):
        return _existing(value, info)
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise ValueError(f"must be numbers, text, lists and mappings: {error}") from None
    return value


def _command(value: Any) -> str | list[str]:
    if isinstance(value, str) and value.strip():
        _refuse_unusable(value)
        return value
    if isinstance(value, list) and value and value[0] != "":
        for part in value:
            if not _is_text_or_number(part):
                what = "null: put it in quotes" if part is None else repr(part)
                raise ValueError(f"each item of the list must be text or a number, not {what}")
            _refuse_unusable(str(part))
        return [str(part) for part in value]
    raise ValueError(
        "must be text, such as python train.py, or a list, such as [python, train.py]; "
        f"not {value!r}"
    )


def _environment(value: Any) -> dict[str, str]:
    if not isinstance(value, dict):
        raise ValueError(f"must be a mapping (lines of the form `NAME: value`), not {value!r}")
    mistakes: list[tuple[Key, str]] = []
    for name, text in value.items():
        if not isinstance(name, str) or not _VARIABLE.fullmatch(name):
            mistakes.append(((name,), "must be letters, digits and underscores"))
        elif name.startswith("HEIRLOOM_") or name in _NNI:
            what = name if name in _NNI else "HEIRLOOM_…"
            mistakes.append(((name,), f"Heirloom sets {what} itself: choose another name"))
        elif not _is_text_or_number(text):
            what = "null" if text is None else repr(text)
            mistakes.append(((name,), f"must be text or a number, not {what}: put it in quotes"))
        elif problem := text_problem(str(text)):
            mistakes.append(((name,), problem))
    if mistakes:
        raise several(mistakes)
    return {name: str(text) for name, text in value.items()}


def _pattern(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError(f"must be text, such as CUDA error, not {value!r}")
    try:
        re.compile(value)
    except re.error as error:
        raise ValueError(f"is not a regular expression: {error}") from None
    return value


def _refuse_unusable(text: str) -> None:
    """Raise ValueError for what no argument and no path can hold."""
    if problem := text_problem(text):
        raise ValueError(problem)


def _is_text_or_number(value: Any) -> bool:
    return isinstance(value, str | int | float) and not isinstance(value, bool)


def _keep(value: Any) -> str:
    if isinstance(value, str) and _KEEP.fullmatch(" ".join(value.split())):
        return " ".join(value.split())
    raise ValueError(f"must be all, lineage, or best with a number, such as best 5; not {value!r}")


def _exporters(value: Any, info: ValidationInfo) -> dict[str, str]:
    if not isinstance(value, Mapping):
        raise ValueError(f"must be a path by tool, such as {{tensorboard: runs}}, not {value!r}")
    for tool, path in value.items():
        if not isinstance(tool, str) or not _EXPORTER.fullmatch(tool):
            raise ValueError(f"{tool!r} is no name of an exporter: letters, digits, _ . -")
        if not isinstance(path, str) or not path:
            raise ValueError(f"{tool} needs the path or the address of its export, not {path!r}")
    return {tool: _address(path, info) for tool, path in value.items()}


def _address(path: str, info: ValidationInfo) -> str:
    """The path, absolute, or the address of a service. The path of an SQLite database likewise."""
    if path.startswith(_SQLITE):
        return f"{_SQLITE}{_path(path.removeprefix(_SQLITE), info)}"
    return path if "://" in path else str(_path(path, info))


def _objective(value: Any) -> str | dict[str, Any]:
    try:
        Objectives.parse(value)
    except ObjectiveError as error:
        raise several(error.mistakes) from None
    found: str | dict[str, Any] = value
    return found


_TEXT = {"type": "string"}
_WORD = {"type": ["string", "number"]}

AbsolutePath = Annotated[Path, BeforeValidator(_absolute)]
AnyPath = Annotated[Path, BeforeValidator(_path)]
ExistingPath = Annotated[Path, BeforeValidator(_existing)]
Directory = Annotated[Path, BeforeValidator(_directory)]
Inventory = Annotated[
    Path | dict[str, Any],
    BeforeValidator(_inventory),
    WithJsonSchema({"anyOf": [{"type": "string", "format": "path"}, {"type": "object"}]}),
]
Duration = Annotated[
    float,
    BeforeValidator(units.seconds),
    WithJsonSchema({"anyOf": [{"type": "number", "exclusiveMinimum": 0}, _TEXT]}),
]
Size = Annotated[
    int,
    BeforeValidator(units.size),
    WithJsonSchema({"anyOf": [{"type": "integer", "minimum": 1}, _TEXT]}),
]
_DIRECTION = {"type": "string", "enum": list(DIRECTIONS)}
_BOUNDED = {
    "type": "object",
    "properties": {
        **{direction: {"const": True} for direction in DIRECTIONS},
        "at_least": {"type": "number"},
        "at_most": {"type": "number"},
    },
    "additionalProperties": False,
}
ObjectiveField = Annotated[
    str | dict[str, Any],
    BeforeValidator(_objective),
    WithJsonSchema(
        {
            "anyOf": [
                _DIRECTION,
                {"type": "object", "additionalProperties": {"anyOf": [_DIRECTION, _BOUNDED]}},
            ]
        }
    ),
]
Pattern = Annotated[str, BeforeValidator(_pattern)]
Keep = Annotated[
    str,
    BeforeValidator(_keep),
    WithJsonSchema({"type": "string", "pattern": f"^({_KEEP.pattern})$"}),
]
Command = Annotated[
    str | list[str],
    BeforeValidator(_command),
    WithJsonSchema(
        {
            "anyOf": [
                _TEXT,
                {"type": "array", "minItems": 1, "items": _WORD},
            ]
        }
    ),
]
Exporters = Annotated[
    dict[str, str],
    BeforeValidator(_exporters),
    WithJsonSchema({"type": "object", "additionalProperties": _TEXT}),
]
Environment = Annotated[
    dict[str, str],
    BeforeValidator(_environment),
    WithJsonSchema({"type": "object", "additionalProperties": _WORD}),
]
