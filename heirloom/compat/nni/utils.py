"""Small things that tuners, assessors and trials written for NNI import."""

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
    """Keys of NNI's search spaces and of parameters drawn from them."""

    ROOT = "root"
    TYPE = "_type"
    VALUE = "_value"
    INDEX = "_index"
    NAME = "_name"


class MetricType:
    """What NNI calls the kinds of a trial's messages."""

    FINAL = "FINAL"
    PERIODICAL = "PERIODICAL"
    REQUEST_PARAMETER = "REQUEST_PARAMETER"


def extract_scalar_reward(value: Any, scalar_key: str = "default") -> Union[int, float]:
    """The number in what a trial reported: itself, or under `scalar_key`.

    Raises RuntimeError where there is none.
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
    """The numbers in all that a trial has reported. Raises RuntimeError as for one."""
    return [extract_scalar_reward(value, scalar_key) for value in trial_history]


def convert_dict2tuple(value: Any) -> Any:
    """Dictionaries, one within the other too, as sorted tuples, so that they can be hashed."""
    if isinstance(value, dict):
        return tuple(sorted((key, convert_dict2tuple(held)) for key, held in value.items()))
    return value


def split_index(params: Any) -> Any:
    """Parameters without the `_index` that NNI's tuners keep beside each choice."""
    if not isinstance(params, dict):
        return params
    if NodeType.INDEX in params:
        return split_index(params[NodeType.VALUE])
    return {key: split_index(value) for key, value in params.items()}


def merge_parameter(base_params: _Base, override_params: Optional[Mapping[str, Any]]) -> _Base:
    """Put parameters over defaults, a dictionary or a namespace, in place; returns the defaults.

    Raises ValueError for an unknown name, TypeError where the type is not that of the default.
    """
    held = base_params if isinstance(base_params, dict) else vars(base_params)
    for name, value in (override_params or {}).items():
        if name not in held:
            raise ValueError(f"Key '{name}' not found in base parameters.")
        if held[name] is not None and type(value) is not type(held[name]):
            raise TypeError(
                f"Expected '{name}' in override parameters to have type "
                f"'{type(held[name])}', but found '{type(value)}'."
            )
        held[name] = value
    return base_params


def init_dispatcher_logger() -> None:
    """Do nothing: what a tuner logs is in its log already."""


class ClassArgsValidator:
    """What checks the arguments of a tuner or an assessor."""

    def validate_class_args(self, **kwargs: Any) -> None:
        """Raise where an argument is wrong. Takes everything by default."""

    def choices(self, key: str, *args: Any) -> Any:
        """A check, for the package `schema` to use, that a value is one of `args`."""
        return _Check(lambda value: value in args, f"{key} should be in [{args}]!")

    def range(self, key: str, keyType: type, start: Any, end: Any) -> Any:  # noqa: N803 - NNI's name
        """A check that a value is of the type and lies between both, which may be taken too."""
        return _Check(
            lambda value: isinstance(value, keyType) and start <= value <= end,
            f"{key} should be {keyType.__name__} type, in range of ({start}, {end})!",
        )


class _Check:
    """Anything with `validate` takes part in a schema."""

    def __init__(self, sound: Callable[[Any], bool], words: str) -> None:
        self._sound = sound
        self._words = words

    def validate(self, data: Any, **kwargs: Any) -> Any:
        """The value. Raises ValueError when it is wrong."""
        if not self._sound(data):
            raise ValueError(self._words)
        return data
