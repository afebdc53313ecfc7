"""The search of NASNet: an LSTM proposes candidates, and learns by PPO."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..policy.tuner import PolicyTuner

if TYPE_CHECKING:
    from ..policy.sample import Sample

DECAY = 0.95  # of the moving average of values
CLIP = 0.2  # how far a ratio of probabilities counts


class Nasnet(PolicyTuner):
    """An LSTM draws candidates choice by choice, and learns from their values by PPO.

    Every child trains from nothing, so this is the control for methods that share weights. The
    space must consist of choices; those of a nested option follow the choice of the option.

    Zoph, Vasudevan, Shlens, Le: Learning Transferable Architectures for Scalable Image
    Recognition, CVPR 2018, https://arxiv.org/abs/1707.07012

    The paper does not say where PPO clips, nor how many steps a batch gets: both are from the
    paper on PPO (https://arxiv.org/abs/1707.06347). In contrast to the paper, a batch is the next
    `batch` trials that succeed, whichever policy drew them; PPO's ratio refers to that policy.

    Args:
        units: the width of the LSTM. Default: 100.
        batch: trials from which the policy learns at once. Default: 20.
        learning_rate: of Adam. Default: 0.00035.
        entropy: the weight of the entropy of a candidate, beside its value. Default: 0.00001.
        passes: steps for each batch. Default: 10.
        initial: candidates to propose first. The policy learns from them as from its own.

    Raises ValueError if an argument is out of range, numpy is missing or a candidate does not fit
    the search space, SpaceError for a wrong search space.
    """

    name = "nasnet"

    def __init__(
        self,
        space: dict[str, Any],
        *,
        seed: int,
        maximize: bool,
        units: int = 100,
        batch: int = 20,
        learning_rate: float = 0.00035,
        entropy: float = 0.00001,
        passes: int = 10,
        initial: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        super().__init__(space, seed=seed, maximize=maximize, initial=initial)
        for name, count in {"units": units, "batch": batch, "passes": passes}.items():
            if count < 1:
                raise ValueError(f"{name} must be at least 1, not {count}")
        if not learning_rate > 0 or entropy < 0:
            raise ValueError("learning_rate must be above 0, and entropy at least 0")
        from ..policy.adam import Adam
        from ..policy.average import MovingAverage
        from ..policy.gradient import Ppo
        from ..policy.lstm import LstmPolicy

        self._policy = LstmPolicy(self._decisions, self._rng, units)
        self._rule = Ppo(
            self._policy,
            Adam(self._policy.parameters, learning_rate),
            MovingAverage(DECAY),
            clip=CLIP,
            entropy=entropy,
            passes=passes,
        )
        self._size = batch
        self._batch: list[Sample] = []

    def state(self) -> Any:
        """See Tuner."""
        batch = [[each.tokens, each.log_probability, each.reward] for each in self._batch]
        return {**super().state(), "batch": batch}

    def load_state(self, state: Any) -> None:
        """See Tuner."""
        from ..policy.sample import Sample

        super().load_state(state)
        self._batch = [Sample(*each) for each in state["batch"]]

    def _learn(self, sample: Sample) -> None:
        self._batch.append(sample)
        if len(self._batch) == self._size:
            self._rule.learn(self._batch)
            self._batch = []
