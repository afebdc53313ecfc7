"""Helpers that tuners, assessors and trials written for NNI import."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from enum import Enum, unique
from typing import Any, Optional, TypeVar, Union

_Base = TypeVar("_Base")


@unique
class OptimizeMode(Enum):
    """Whether a smaller or a larger value is better."""

    Minimize = "minimize"
    Maximize = "maximize"


class NodeType:
    """Keys in NNI's search spaces and in parameters."""

    ROOT = "root"
    TYPE = "_type"
    VALUE = "_value"
    INDEX = "_index"
    NAME = "_name"


class MetricType:
    """NNI's names for the kinds of a trial's messages."""

    FINAL = "FINAL"
    PERIODICAL = "PERIODICAL"
    REQUEST_PARAMETER = "REQUEST_PARAMETER"


def extract_scalar_reward(value: Any, scalar_key: str = "default") -> Union[int, float]:
    """The number in what a trial reported: itself, or under `scalar_key`.

    Raises RuntimeError if there is none.
    """
    found = value.get(scalar_key) if isinstance(value, dict) else value
    if isinstance(found, (int, float)):
        return found
    raise RuntimeError(
        "Incorrect final result: the final result should be a number, or a dictionary whose key "
        f"{scalar_key!r} holds one, not {value!r}"
    )


def extract_scalar_history(
    trial_history: Iterable[Any], scalar_key: str = "default"
) -> list[Union[int, float]]:
    """`extract_scalar_reward` of each report of a trial. Raises RuntimeError likewise."""
    return [extract_scalar_reward(value, scalar_key) for value in trial_history]


def convert_dict2tuple(value: Any) -> Any:
    """Convert nested dictionaries to sorted tuples, which can be hashed."""
    if isinstance(value, dict):
        return tuple(sorted((key, convert_dict2tuple(item)) for key, item in value.items()))
    return value


def split_index(params: Any) -> Any:
    """Remove the `_index` that NNI's tuners store with each choice."""
    if not isinstance(params, dict):
        return params
    if NodeType.INDEX in params:
        return split_index(params[NodeType.VALUE])
    return {key: split_index(value) for key, value in params.items()}


def merge_parameter(base_params: _Base, override_params: Optional[Mapping[str, Any]]) -> _Base:
    """Override defaults, a dictionary or a namespace, in place, and return them.

    Raises ValueError for an unknown name, TypeError if the type differs from that of the default.
    """
    merged = base_params if isinstance(base_params, dict) else vars(base_params)
    for name, value in (override_params or {}).items():
        if name not in merged:
            raise ValueError(f"Key '{name}' not found in base parameters.")
        if merged[name] is not None and type(value) is not type(merged[name]):
            raise TypeError(
                f"Expected '{name}' in override parameters to have type "
                f"'{type(merged[name])}', but found '{type(value)}'."
            )
        merged[name] = value
    return base_params


def init_dispatcher_logger() -> None:
    """Do nothing: Heirloom keeps the tuner's log already."""


class ClassArgsValidator:
    """The base class of checks for the arguments of a tuner or an assessor."""

    def validate_class_args(self, **kwargs: Any) -> None:
        """Raise an exception if an argument is invalid. Accepts everything by default."""

    def choices(self, key: str, *args: Any) -> Any:
        """A check for the package `schema` that a value is one of `args`."""
        return _Check(lambda value: value in args, f"{key} should be in [{args}]!")

    def range(self, key: str, keyType: type, start: Any, end: Any) -> Any:  # noqa: N803 - NNI's name
        """A check that a value has the type and lies from `start` to `end`, both included."""
        return _Check(
            lambda value: isinstance(value, keyType) and start <= value <= end,
            f"{key} should be {keyType.__name__} type, in range of ({start}, {end})!",
        )


class _Check:
    """A check in a schema: the package `schema` calls `validate`."""

    def __init__(self, is_valid: Callable[[Any], bool], message: str) -> None:
        self._is_valid = is_valid
        self._message = message

    def validate(self, data: Any, **kwargs: Any) -> Any:
        """Return the value. Raises ValueError if it is invalid."""
        if not self._is_valid(data):
            raise ValueError(self._message)
        return data
