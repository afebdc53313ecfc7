"""Population based training."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from typing import Any, Optional

from ...objective import Objective
from ...space import parse, perturb
from ..generators import generator_state, load_generator
from ..initial import Initial
from ..interface import Proposal, Result, SearchFinished, Tuner
from .resource import Resource

_FAILURES = 3  # times the population, in a row, after which the search ends


@dataclass(eq=False)
class _Member:
    """A member of the population, as its latest trial that succeeded left it."""

    params: dict[str, Any]
    trial: Optional[int] = None  # whose weights it goes on from; None: it has none yet
    trained: int = 0  # what its own trials were trained
    value: Optional[float] = None
    under_way: Optional[int] = None
    is_new: bool = False  # its value was not compared with the others yet


class Pbt(Tuner):
    """Population based training: members train side by side, and bad ones copy good ones.

    Each trial trains a member for `resource.min`, from the weights of its trial before. When a
    member goes on and is in the worst quantile of the population, it exploits: it takes the weights
    and the parameters of a random member of the best quantile. Then it explores: each parameter is
    multiplied by one of `factors`, or drawn anew. Members do not wait for each other.

    A member whose trial fails is replaced in the same way, by a member of the best quantile. The
    search ends when three times as many trials as there are members have failed in a row. The
    amounts count a member's own progress: weights that it takes over may have more or less behind
    them.

    Jaderberg et al.: Population Based Training of Neural Networks, 2017,
    https://arxiv.org/abs/1711.09846. The factors, the quantile and resampling are those of its
    experiments on language models (section 4.3, truncation selection).

    The experiment file's `resource` has the amount of one trial (`min`) and of a member (`max`),
    after which it ends. The search ends with its last member.

    Args:
        population: number of members. Default: 20.
        quantile: the share of the population that counts as best, and as worst. Default: 0.2.
        resample: probability that a parameter is drawn anew in exploring. Default: 0.25.
        factors: what a number is multiplied by otherwise. Default: [0.8, 1.2].
        initial: candidates to begin with.

    Raises ValueError if an argument is out of range or `resource` is missing, SpaceError for a
    wrong search space.
    """

    lookahead = 0
    ends_itself = True

    def __init__(
        self,
        space: dict[str, Any],
        *,
        seed: int,
        maximize: bool,
        resource: Optional[Mapping[str, Any]] = None,
        population: int = 20,
        quantile: float = 0.2,
        resample: float = 0.25,
        factors: Sequence[float] = (0.8, 1.2),
        initial: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        if population < 2:
            raise ValueError(f"population must be at least 2, not {population}")
        if not 0 < quantile <= 0.5:
            raise ValueError(f"quantile must be above 0 and at most 0.5, not {quantile}")
        if not 0 <= resample <= 1:
            raise ValueError(f"resample must be from 0 to 1, not {resample}")
        if not factors or not all(factor > 0 for factor in factors):
            raise ValueError(f"factors must be numbers above 0, not {factors}")
        self._resource = Resource.of(resource, space)
        self._space = parse(space)
        self._initial = Initial(self._space, initial)
        self._rng = random.Random(seed)  # noqa: S311 - a search must be repeatable
        self._objective = Objective(maximize=maximize)
        self._quantile = quantile
        self._resample = resample
        self._factors = tuple(factors)
        self._failed = 0  # trials in a row
        self._members = [_Member(self._initial.draw(self._rng)) for _ in range(population)]

    def propose(self, trial_id: int) -> Proposal | None:
        """The next trial of the idle member that was trained least. Raises SearchFinished."""
        left = [member for member in self._members if member.trained < self._resource.most]
        if not left:
            raise SearchFinished("every member is trained")
        if self._failed >= _FAILURES * len(self._members):
            raise SearchFinished(f"{self._failed} trials in a row failed")
        idle = [member for member in left if member.under_way is None]
        if not idle:
            return None
        member = min(idle, key=lambda each: each.trained)
        if member.is_new:
            member.is_new = False
            self._exploit(member)
        member.under_way = trial_id
        until = min(member.trained + self._resource.least, self._resource.most)
        return self._resource.proposal(member.params, until, member.trial, member.trained)

    def observe(self, result: Result) -> None:
        """Note where the member is, or replace it if its trial failed.

        An imported trial is where a member begins, as long as there are members without one.
        """
        if result.imported:
            self._begin(result)
            return
        member = next((one for one in self._members if one.under_way == result.trial_id), None)
        if member is None:
            return
        member.under_way = None
        if result.state == "succeeded" and result.value is not None:
            member.trial = result.trial_id if result.weights else None
            member.trained = result.params[self._resource.name]
            member.value = result.value
            member.is_new = True
            self._failed = 0
        else:
            self._failed += 1
            self._replace(member)

    def may_be_parent(self, trial_id: int) -> bool:
        """Whether a member is at this trial, or may come to be."""
        return any(trial_id in (member.trial, member.under_way) for member in self._members)

    def state(self) -> Any:
        """See Tuner."""
        return {
            "initial": self._initial.state(),
            "random": generator_state(self._rng),
            "members": list(map(astuple, self._members)),
            "failed": self._failed,
        }

    def load_state(self, state: Any) -> None:
        """See Tuner."""
        self._initial.load_state(state["initial"])
        load_generator(self._rng, state["random"])
        self._members = [_Member(*member) for member in state["members"]]
        self._failed = state["failed"]

    def _begin(self, result: Result) -> None:
        member = next((one for one in self._members if one.trial is None), None)
        if member is not None and result.weights:
            member.trial, member.value = result.trial_id, result.value
            member.params = self._resource.without(result.params)

    def _exploit(self, member: _Member) -> None:
        """Copy a member of the best quantile if this one is in the worst, and explore."""
        ranked = self._ranked()
        count = max(1, int(len(ranked) * self._quantile))
        if len(ranked) < 2 or member not in ranked[-count:]:
            return
        best = [other for other in ranked[:count] if other is not member]
        if best:
            self._copy(member, self._rng.choice(best))

    def _replace(self, member: _Member) -> None:
        """A member whose trial failed copies a good one, or is drawn anew while there is none."""
        ranked = self._ranked()
        if ranked:
            count = max(1, int(len(ranked) * self._quantile))
            self._copy(member, self._rng.choice(ranked[:count]))
        else:
            member.params, member.trial = self._initial.draw(self._rng), None

    def _copy(self, member: _Member, other: _Member) -> None:
        """Take over weights and parameters, and explore."""
        member.trial, member.value = other.trial, other.value
        member.params = perturb(
            self._space, other.params, self._rng, resample=self._resample, factors=self._factors
        )

    def _ranked(self) -> list[_Member]:
        """The members that have a value, best first."""
        valued = [(member, member.value) for member in self._members if member.value is not None]
        return [pair[0] for pair in self._objective.ranked(valued, lambda pair: pair[1])]
