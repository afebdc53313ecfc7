"""A tuner whose every trial starts from the one before."""

from typing import Any

from heirloom.tuners import Proposal, Tuner


class Chain(Tuner):
    """Proposes a line of heirs."""

    def __init__(self, space: dict[str, Any], *, seed: int, maximize: bool) -> None:
        self._next = 0

    def propose(self, trial_id: int) -> Proposal:
        """The child of the trial before it, which need not have ended."""
        return Proposal({}, parents=[trial_id - 1] if trial_id else [])
