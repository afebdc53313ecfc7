"""REINFORCE: a softmax for each choice, which learns from each result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..policy.tuner import PolicyTuner

if TYPE_CHECKING:
    from ..policy.sample import Sample


class ReinforceTuner(PolicyTuner):
    """REINFORCE on independent choices, the baseline of NAS-Bench-201.

    Each parameter has a softmax of its own. After each trial the logarithm of its candidate's
    probability is raised, or lowered, by as much as its value is above, or below, the moving
    average of values. The space must consist of choices.

    Dong, Yang: NAS-Bench-201: Extending the Scope of Reproducible Neural Architecture Search, ICLR
    2020, https://arxiv.org/abs/2001.00326, with the settings of its code. In contrast to it,
    several trials may be under way: a result may then come after the policy has changed, and counts
    as if it had been drawn now.

    Args:
        learning_rate: of Adam. Default: 0.01.
        decay: how much of the moving average stays when a value is added. Default: 0.9.
        initial: candidates to propose first. The policy learns from them as from its own.

    Raises ValueError if an argument is out of range, numpy is missing or a candidate does not fit
    the search space, SpaceError for a wrong search space.
    """

    name = "reinforce"

    def __init__(
        self,
        space: dict[str, Any],
        *,
        seed: int,
        maximize: bool,
        learning_rate: float = 0.01,
        decay: float = 0.9,
        initial: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        super().__init__(space, seed=seed, maximize=maximize, initial=initial)
        if not learning_rate > 0 or not 0 <= decay < 1:
            raise ValueError("learning_rate must be above 0, and decay from 0 to below 1")
        from ..policy.adam import Adam
        from ..policy.average import MovingAverage
        from ..policy.gradient import Reinforce
        from ..policy.softmax import SoftmaxPolicy

        self._policy = SoftmaxPolicy(self._decisions, self._rng)
        adam = Adam(self._policy.parameters, learning_rate)
        self._rule = Reinforce(self._policy, adam, MovingAverage(decay))

    def _learn(self, sample: Sample) -> None:
        self._rule.learn([sample])
