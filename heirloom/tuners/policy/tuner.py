"""What the tuners that learn a policy have in common."""

from __future__ import annotations

import random
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Optional

from ...objective import Objective
from ...space import parse
from ...space.decisions import Decisions, unsupported
from ..generators import generator_state, load_generator
from ..initial import Initial
from ..interface import Proposal, Result, Tuner
from .require import require_numpy

if TYPE_CHECKING:
    from .gradient import Ppo, Reinforce
    from .sample import Policy, Sample


class PolicyTuner(Tuner):
    """Base of tuners that draw candidates from a policy, and let it learn from their values.

    A trial that does not succeed changes nothing, nor does an imported one. Those of `initial`
    count as drawn.

    Args:
        initial: candidates to propose first.

    Raises ValueError if numpy is missing or a candidate does not fit the search space, SpaceError
    for a wrong search space.
    """

    lookahead = 0  # a policy that draws later has learned from more results
    name: ClassVar[str]

    def __init__(
        self,
        space: dict[str, Any],
        *,
        seed: int,
        maximize: bool,
        initial: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        require_numpy(self.name)
        parsed = parse(space)
        self._decisions = Decisions(parsed)
        self._initial = Initial(parsed, initial)
        self._objective = Objective(maximize=maximize)
        self._rng = random.Random(seed)  # noqa: S311 - a search must be repeatable
        self._open: dict[int, tuple[list[int], float]] = {}  # sequence and log probability
        self._policy: Policy
        self._rule: Reinforce | Ppo

    @classmethod
    def supports(cls, space: dict[str, Any]) -> Optional[str]:
        """A policy decides among options: a number is no choice."""
        return unsupported(parse(space), cls.name)

    def propose(self, trial_id: int) -> Proposal:
        """A candidate that the policy draws, after the initial ones."""
        params = self._initial.next()
        if params is None:
            tokens, log_probability = self._policy.draw(self._rng)
            params = self._decisions.params(tokens)
        else:
            tokens = self._decisions.sequence(params)
            log_probability = float(self._policy.score([tokens])[0].data[0])
        self._open[trial_id] = (tokens, log_probability)
        return Proposal(params)

    def observe(self, result: Result) -> None:
        """Let the policy learn from a trial that succeeded."""
        from .sample import Sample

        drawn = self._open.pop(result.trial_id, None)
        if drawn is not None and result.state == "succeeded" and result.value is not None:
            self._learn(Sample(*drawn, self._objective.score(result.value)))

    def may_be_parent(self, trial_id: int) -> bool:
        """False: a draw has no parents."""
        return False

    def state(self) -> Any:
        """See Tuner."""
        return {
            "initial": self._initial.state(),
            "random": generator_state(self._rng),
            "open": [[trial, *drawn] for trial, drawn in self._open.items()],
            "rule": self._rule.state(),
        }

    def load_state(self, state: Any) -> None:
        """See Tuner."""
        self._initial.load_state(state["initial"])
        load_generator(self._rng, state["random"])
        self._open = {trial: (tokens, log) for trial, tokens, log in state["open"]}
        self._rule.load_state(state["rule"])

    @abstractmethod
    def _learn(self, sample: Sample) -> None: ...
