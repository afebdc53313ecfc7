"""The result of a trial, as the tuner observes it."""

from controller.core.model import State, Trial
from controller.tuners.results import result_of
from heirloom.objective import Objectives
from heirloom.tuners import Result


def test_a_failed_trial_has_its_reason() -> None:
    reason = "exit code 1: train.py:3: MemoryError"
    trial = Trial(3, {"x": 1}, (2,), (2,), State.FAILED, 0.0, reason=reason)
    found = Result(**result_of(trial, Objectives()))
    assert (found.trial_id, found.state, found.value, found.reason) == (3, "failed", None, reason)
