"""DARTS: a supernet that learns which of its operations count, as a chain of generations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Optional

from ....space import parse
from ...interface import Proposal, Result, SearchFinished, Tuner
from ..chain import Failures, fault_of, lost_parents
from . import operations
from .derive import Rule, Skips, derive, skips, without_none

SEARCH, FINAL = "search", "final"  # values of the parameter `task`
_KEPT = 2  # generations that a later one may start from: the last one may turn out to be damaged
_ORDERS = (1, 2)


@dataclass(frozen=True)
class _Generation:
    """A supernet that was committed.

    Args:
        number: counts from 0.
        trial: the trial that committed it.
        weights: of each operation by label, after the softmax.
    """

    number: int
    trial: int
    weights: dict[str, dict[str, float]]


class Darts(Tuner):
    """Differentiable architecture search: one network learns its weights and its architecture.

    A generation is a trial that trains a supernet for some epochs: its weights on one half of the
    training data, and the architecture parameters, which weigh the operations of each choice by a
    softmax, on the other half. It starts from the generation before. After the last one the derived
    network is trained twice: from nothing as in the paper, and from the supernet's weights.

    The trial's parameters are `task`, `generation`, `epochs_from` and `epochs`, what the supernet
    was trained before and is to have been trained at the end, `total_epochs` of the whole chain,
    and `order`; for the task `final`, `params` of the derived network instead of the last four. A
    search trial has the weights of the operations in its result: `alphas`, by label and operation.

    A derived network collapses if at least half of its operations in the normal cell are skip
    connections. The reason of the end and the parameter `collapsed` of the last trials say so.

    A generation that fails is repeated from the last one that was committed, and from the one
    before if the weights of that one cannot be read. After three failures in a row the search ends.

    Liu, Simonyan, Yang: DARTS: Differentiable Architecture Search, ICLR 2019,
    https://arxiv.org/abs/1806.09055. `stop_at_skips`: Liang et al.: DARTS+, 2019,
    https://arxiv.org/abs/1909.06035, which looks after each epoch instead of each generation.

    Args:
        generations: trials of the chain. Default: 10.
        epochs: of each generation. Default: 5, so that there are 50 in all, as in the paper.
        order: 1 takes the weights as constants in the gradient of the architecture parameters, 2
            unrolls a training step. Default: 2.
        edges: to each node that the derived network keeps; null: all. Default: 2.
        none: the operation that is no connection. Default: none.
        skip: the operation that returns its input. Default: skip_connect.
        stop_at_skips: end the chain when the derived normal cell has so many skip connections.
            Default: null, never. DARTS+ has 2.

    Raises ValueError if an argument is out of range, SpaceError for a wrong search space.
    """

    lookahead = 0
    ends_itself = True
    chain = True
    name: ClassVar[str] = "darts"

    def __init__(  # noqa: PLR0913 - users give each of them by name
        self,
        space: dict[str, Any],
        *,
        seed: int,
        maximize: bool,
        generations: int = 10,
        epochs: int = 5,
        order: int = 2,
        edges: Optional[int] = 2,
        none: str = "none",
        skip: str = "skip_connect",
        stop_at_skips: Optional[int] = None,
    ) -> None:
        counts = {"generations": generations, "epochs": epochs}
        optional = {"edges": edges, "stop_at_skips": stop_at_skips}
        counts.update({name: count for name, count in optional.items() if count is not None})
        for name, count in counts.items():
            if count < 1:
                raise ValueError(f"{name} must be at least 1, not {count}")
        if order not in _ORDERS:
            raise ValueError(f"order must be 1 or 2, not {order}")
        self._options = operations.options_of(parse(space))
        self._rule = Rule(edges, none, skip)
        self._check_options(stop_at_skips)
        self._generations, self._epochs, self._order = generations, epochs, order
        self._stop_at_skips = stop_at_skips
        self._committed: list[_Generation] = []  # the latest ones, oldest first
        self._training: Optional[int] = None  # a trial
        self._failures = Failures("generations")
        self._finals = 0  # that were proposed
        self._refusal: Optional[str] = None

    @classmethod
    def supports(cls, space: dict[str, Any]) -> Optional[str]:
        """Only operations have a weighted sum."""
        return operations.unsupported(parse(space))

    def propose(self, trial_id: int) -> Proposal | None:
        """The next generation, or after the last one a derived network; None during a training."""
        if self._refusal is not None:
            raise SearchFinished(self._refusal)
        if self._training is not None:
            return None
        reason = self._end()
        if reason is None:
            self._training = trial_id
            return self._search()
        left = self._derived()[self._finals :]
        if not left:
            raise SearchFinished(reason)
        self._finals += 1
        return left[0]

    def observe(self, result: Result) -> None:
        """Take a generation. One without its parent's weights counts as failed."""
        if result.trial_id != self._training:
            return
        self._training = None
        fault = fault_of(result) or ("" if result.weights else "it left no weights")
        if fault:
            self._refusal = self._failures.add(result, fault)
            if lost_parents(result):
                self._committed = self._committed[:-1]
            return
        written = result.result.get("alphas") if isinstance(result.result, Mapping) else None
        weights = operations.whole(self._options, written)
        if weights is None:
            self._refusal = (
                f"trial {result.trial_id} reported no alphas: its result needs `alphas`, the "
                "weight of each operation by label, from 0 to 1, as the method `weights` of "
                "nas.add_alphas(network) returns them"
            )
            return
        self._failures.count = 0
        generation = _Generation(self._next, result.trial_id, weights)
        self._committed = [*self._committed, generation][-_KEPT:]

    def may_be_parent(self, trial_id: int) -> bool:
        """Whether the trial is a generation that trains, or one of the last two."""
        return trial_id in (self._training, *(each.trial for each in self._committed))

    def conclude(self) -> Sequence[Proposal]:
        """The derived network, where the budget ends before the chain; see `propose`."""
        left = self._derived()[self._finals :]
        if self._end() is not None:
            self._finals += len(left)
        return left

    def state(self) -> Any:
        """See Tuner."""
        return {
            "committed": [[each.number, each.trial, each.weights] for each in self._committed],
            "training": self._training,
            "failures": self._failures.count,
            "finals": self._finals,
            "refusal": self._refusal,
        }

    def load_state(self, state: Any) -> None:
        """See Tuner."""
        self._committed = [_Generation(*written) for written in state["committed"]]
        self._training = state["training"]
        self._failures.count = state["failures"]
        self._finals = state["finals"]
        self._refusal = state["refusal"]

    @property
    def _last(self) -> Optional[_Generation]:
        """The last generation that was committed and that can be read."""
        return self._committed[-1] if self._committed else None

    @property
    def _next(self) -> int:
        """The number of the next generation."""
        return 0 if self._last is None else self._last.number + 1

    def _search(self) -> Proposal:
        params = {
            "task": SEARCH,
            "generation": self._next,
            "epochs_from": self._next * self._epochs,
            "epochs": (self._next + 1) * self._epochs,
            "total_epochs": self._generations * self._epochs,
            "order": self._order,
        }
        parents = () if self._last is None else (self._last.trial,)
        return Proposal(params, parents, candidate=False)

    def _derived(self) -> list[Proposal]:
        """The derived network from nothing, and from the supernet's weights."""
        if self._last is None:
            return []
        chosen = derive(self._last.weights, self._rule)
        params: dict[str, Any] = {
            "task": FINAL,
            "generation": self._last.number,
            "params": chosen,
        }
        found = skips(chosen, self._rule)
        if found.is_collapsed:
            params["collapsed"] = str(found)
        return [Proposal(params), Proposal(params, (self._last.trial,))]

    def _end(self) -> Optional[str]:
        """Why the chain is at its end; None if it goes on."""
        if self._last is None:
            return None
        found = skips(derive(self._last.weights, self._rule), self._rule)
        if self._next >= self._generations:
            reason = f"all {self._generations} generations are trained"
        elif self._stop_at_skips is not None and found.count >= self._stop_at_skips:
            reason = f"stop_at_skips ends the chain after generation {self._last.number}"
            return f"{reason}: {_named(found)}"
        else:
            return None
        return f"{reason}; {_named(found)}" if found.is_collapsed else reason

    def _check_options(self, stop_at_skips: Optional[int]) -> None:
        """Raise ValueError if an operation is missing that the arguments need."""
        rule = self._rule
        label = without_none(self._options, rule)
        if label is not None:
            raise ValueError(
                f"{label} has no option {rule.none}, which edges that are not kept get: add it to "
                "the choice, name it by `none`, or keep all edges with `edges: null`"
            )
        has_skip = any(rule.skip in names for names in self._options.values())
        if stop_at_skips is not None and not has_skip:
            raise ValueError(
                f"stop_at_skips counts the operation {rule.skip}, and no parameter has it: name it "
                "by `skip`"
            )


def _named(found: Skips) -> str:
    return f"collapsed: {found}" if found.is_collapsed else str(found)
