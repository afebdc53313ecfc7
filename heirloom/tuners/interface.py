"""What a tuner is: it proposes trials and observes how they ended."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


class SearchFinished(Exception):  # noqa: N818 - an end, not an error
    """Raised by a tuner: nothing is left to propose. Its text, if any, says why."""


@dataclass(frozen=True)
class Proposal:
    """A trial to run: plain JSON params, and the trials whose weights it starts from."""

    params: Mapping[str, Any]
    parents: Sequence[int] = ()


@dataclass(frozen=True)
class Result:
    """How a trial ended."""

    trial_id: int
    state: str  # succeeded, failed, stopped, skipped or cancelled
    value: float | None  # the objective; None where the trial reported none
    params: Mapping[str, Any]
    parents: tuple[int, ...] = ()
    result: Any = None  # everything that the trial reported as its result
    weights: bool = False  # whether it left weights that a child can start from
    last: Any = None  # the last of its reports, as it was reported
    parameter_id: int | None = None  # with NNI's interface: the number under which it was proposed


class Tuner(ABC):
    """Proposes trials, one call at a time, in a process of its own.

    Given the same seed and the same calls in the same order it should answer the same: a resumed
    experiment repeats them.

    Args:
        space: the search space in NNI's JSON form (`heirloom.space.parse` reads it).
        seed: where a tuner draws its random numbers from.
        maximize: whether a larger value is better.
        args: what the experiment file says under `tuner.args`. ValueError refuses a wrong one.
    """

    @abstractmethod
    def __init__(
        self, space: dict[str, Any], *, seed: int, maximize: bool, **args: Any
    ) -> None: ...

    @abstractmethod
    def propose(self, trial_id: int) -> Proposal | None:
        """The trial to run under this id; None: nothing to try until another result is in.

        None while no trial is under way ends the search. Raises SearchFinished to end it.
        """

    def observe(self, result: Result) -> None:  # noqa: B027 - a tuner need not look at results
        """A trial ended, however it ended. May raise SearchFinished."""

    def may_be_parent(self, trial_id: int) -> bool:
        """Whether a later proposal can name this trial as a parent. Its weights are kept if so."""
        return True
