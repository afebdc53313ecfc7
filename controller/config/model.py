"""The search space of `model`, and the costs of its candidates, as a trial reported them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from heirloom.objective import Objectives
from heirloom.space import SpaceError, parse
from heirloom.store.limits.values import shallow

SIZE_LIMIT = 4 << 20  # bytes of an answer
COSTS = ("parameters", "macs")  # names of objectives that a candidate's cost has
_MESSAGE = 500  # characters of a message that are shown
_LIMIT = 1 << 63  # parameters or MACs


class AnswerError(ValueError):
    """The trial found a mistake in the model, or answered with something else than a space."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class _Spread(_Strict):
    min: int = Field(ge=0, lt=_LIMIT)
    median: float = Field(ge=0)
    max: int = Field(ge=0, lt=_LIMIT)


class _Option(_Strict):
    label: str
    option: str | int | float | bool
    measured: int = Field(ge=1)
    parameters: float = Field(ge=0)
    macs: float | None = Field(ge=0)


class _Supernet(_Strict):
    parameters: int = Field(ge=0, lt=_LIMIT)
    bytes: int = Field(ge=0, lt=_LIMIT)


class _Memory(_Strict):
    machine: int | None = Field(default=None, ge=0)
    gpu: int | None = Field(default=None, ge=0)


class _Costs(_Strict):
    candidates: int = Field(ge=1)
    measured: int = Field(ge=1)
    parameters: _Spread
    macs: _Spread | None
    options: list[_Option]
    supernet: _Supernet | None = None  # None: it cannot be built


@dataclass(frozen=True, slots=True)
class ModelSpace:
    """The search space of a model, and the costs of its candidates (heirloom/nas/costs.py)."""

    model: str
    space: Mapping[str, Any]
    costs: dict[str, Any]
    memory: Mapping[str, int | None] = field(default_factory=dict)  # of the node that made it
    values: Sequence[str] = ()  # labels that choose a value, such as a width, and no layer

    @property
    def is_whole(self) -> bool:
        """Whether the costs are those of all candidates."""
        return bool(self.costs["measured"] == self.costs["candidates"])

    @property
    def supernet_bytes(self) -> int | None:
        """The bytes of the supernet's tensors; None if they are not known."""
        found = self.costs.get("supernet")
        return None if found is None else int(found["bytes"])

    def out_of_reach(self, objectives: Objectives) -> Iterator[str]:
        """For each bound on a cost that no measured candidate meets, why."""
        for bound in objectives.constraints:
            if bound.name not in COSTS:
                continue
            found = self.costs[bound.name]
            if found is None:
                yield f"{bound.name}: {self.model} has no input_shape, without which there are none"
                continue
            which = f"all {self.costs['candidates']}" if self.is_whole else "the measured"
            if bound.at_most is not None and bound.at_most < found["min"]:
                least = f"the least of {which} candidates of {self.model} is {found['min']}"
                yield f"{bound.name}: at_most is {bound.at_most:g}, and {least}"
            if bound.at_least is not None and bound.at_least > found["max"]:
                most = f"the most of {which} candidates of {self.model} is {found['max']}"
                yield f"{bound.name}: at_least is {bound.at_least:g}, and {most}"


def read(data: bytes, model: str) -> ModelSpace:
    """The answer of `python -m heirloom.nas --trial`, which is not trusted.

    Raises AnswerError with what is wrong with the model or with the answer.
    """
    try:
        answer = json.loads(data.decode())
    except (ValueError, RecursionError):
        raise AnswerError("its answer is not JSON") from None
    if not isinstance(answer, dict) or not shallow(answer):
        raise AnswerError("its answer is not an object, or is nested too deeply")
    problem = answer.get("error")
    if isinstance(problem, str):
        raise AnswerError(problem[:_MESSAGE])
    space = answer.get("space")
    if not isinstance(space, dict) or not space:
        raise AnswerError("its answer has no search space")
    values = answer.get("values", [])
    if not isinstance(values, list) or not all(isinstance(label, str) for label in values):
        raise AnswerError("its answer is wrong: values must be a list of labels")
    try:
        parse(space)
        costs = _Costs.model_validate(answer.get("costs"))
        memory = _Memory.model_validate(answer.get("memory", {}))
    except SpaceError as error:
        raise AnswerError(f"its search space is wrong: {str(error)[:_MESSAGE]}") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, (error.title.strip("_").lower(), *first["loc"])))
        raise AnswerError(f"its answer is wrong: {where}: {first['msg']}") from None
    return ModelSpace(model, space, costs.model_dump(mode="json"), memory.model_dump(), values)
