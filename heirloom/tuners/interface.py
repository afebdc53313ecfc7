"""The interface of a tuner: it proposes trials and observes how they end."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Optional


class SearchFinished(Exception):  # noqa: N818 - the end of a search is not an error
    """Raised by a tuner that has nothing left to propose. Its text, if any, is the reason."""


@dataclass(frozen=True)
class Proposal:
    """A trial to run.

    Args:
        params: the trial's parameters, in plain JSON.
        parents: ids of the trials whose weights it starts from.
        candidate: whether the trial is a candidate of the search. False: its value counts for no
            best. It may be, for example, the accuracy of shared weights, or a mean over samples.
    """

    params: Mapping[str, Any]
    parents: Sequence[int] = ()
    candidate: bool = True


@dataclass(frozen=True)
class Result:
    """How a trial ended.

    Args:
        trial_id: the trial.
        state: `succeeded`, `failed`, `stopped`, `skipped` or `cancelled`.
        value: the value of the first objective; None if the trial reported none.
        params: as proposed.
        parents: as proposed; empty where the experiment has `inheritance: {from: none}`.
        result: everything that the trial reported as its result.
        weights: whether the trial left weights that a child can start from.
        last: the last report, as the trial reported it.
        parameter_id: the number of the proposal; only for tuners with NNI's interface.
        imported: whether the trial was imported from another experiment. It was never proposed.
        values: the values by name, that of an objective without a name under `value`. Empty if the
            trial reported none.
        restored: ids of the trials whose weights it really started from. They differ from `parents`
            where `on_parent_failure` replaced a parent, or where `inheritance` chose one.
        metrics: the latest number of each name that the trial reported.
        reason: why the trial ended so, such as `exit code 1: train.py:9: ValueError: boom`. Empty
            for most trials that succeeded.
    """

    trial_id: int
    state: str
    value: float | None
    params: Mapping[str, Any]
    parents: tuple[int, ...] = ()
    result: Any = None
    weights: bool = False
    last: Any = None
    parameter_id: int | None = None
    imported: bool = False
    values: Mapping[str, float] = field(default_factory=dict)
    restored: tuple[int, ...] = ()
    metrics: Mapping[str, float] = field(default_factory=dict)
    reason: str = ""


class Tuner(ABC):
    """Proposes trials. Runs in a process of its own, and is called by one thread.

    With the same seed and the same calls in the same order, a tuner should return the same
    proposals: resuming an experiment repeats the calls.

    Args:
        space: the search space in NNI's JSON form. `heirloom.space.parse` reads it.
        seed: the seed for the tuner's random numbers.
        maximize: whether a larger value is better, of the first objective.
        objectives: all objectives, as `heirloom.objective.Objectives`. A constructor gets it only
            if it declares the parameter. One that does not takes a single objective.
        args: `tuner.args` of the experiment file. Raise ValueError to reject a value. A tuner that
            decides how long a trial trains has a keyword argument `resource` as well: the section
            `resource` of the experiment file, or None.

    Attributes:
        lookahead: the number of trials that a node may hold beyond its free slots, where the
            experiment file has no `lookahead`. 0: propose when a slot is free. None: no wish.
        ends_itself: whether the tuner ends every search by itself, so that the experiment file
            needs no budget.
        chain: whether trials share weights along a chain: a trial that does not get the weights of
            the parents that the tuner names is of no use. An experiment file that lets such a trial
            start from nothing, or from another one, is refused.
        takes_layers: whether the tuner takes parameters of the type `layers`, and changes networks.
            It parses its space by `parse(space, layers=True)`.
    """

    lookahead: ClassVar[Optional[int]] = None
    ends_itself: ClassVar[bool] = False
    chain: ClassVar[bool] = False
    takes_layers: ClassVar[bool] = False

    @abstractmethod
    def __init__(
        self, space: dict[str, Any], *, seed: int, maximize: bool, **args: Any
    ) -> None: ...

    @classmethod
    def supports(cls, space: dict[str, Any]) -> Optional[str]:
        """Return why the tuner cannot search this space, or None if it can.

        Called before the constructor, by `check` too. The text should name the parameter.
        """
        return None

    @abstractmethod
    def propose(self, trial_id: int) -> Proposal | None:
        """Return the trial to run under this id, or None to wait for another result.

        None while no trial is under way ends the search. Raise SearchFinished to end it at once.
        """

    def observe(self, result: Result) -> None:  # noqa: B027 - a tuner may ignore results
        """Take the result of a trial, in whatever state it ended. May raise SearchFinished."""

    def may_be_parent(self, trial_id: int) -> bool:
        """Whether a later proposal may name this trial as a parent. If so, its weights are kept."""
        return True

    def state(self) -> Any:
        """Return all that decides later proposals, as plain JSON; None: it cannot be saved.

        Random generators are part of it: see `generator_state`. Arguments of the constructor need
        not be. The call must not change the tuner. A search whose tuner returns None is resumed by
        repeating its calls.
        """
        return None

    def load_state(self, state: Any) -> None:
        """Go on from a state: later proposals are those of the tuner that returned it.

        Called once at most, right after the constructor, which got the same arguments. The state
        has gone through JSON: tuples are lists, and keys are text. Raise ValueError to reject it;
        a tuner that rejected a state is not used any more.
        """
        raise NotImplementedError(f"{type(self).__name__} has no load_state")

    def conclude(self) -> Sequence[Proposal]:
        """Return the last trials of the search, such as the final training of the best candidate.

        Called when the budget is used up and every result was observed. The budget does not count
        these trials. Their results are observed, and then the search ends. Called again if the
        search goes on afterwards, because its budget was extended, and ends again.
        """
        return ()
