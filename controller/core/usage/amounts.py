"""What the attempts of trials used: the time of their processes, processor time and GPU time."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from controller.core.model import Attempt, AttemptState, Trial


@dataclass(slots=True)
class Amount:
    """Three sums over attempts, in seconds. `seconds` is the time for which processes ran.

    `gpu_seconds` is that time multiplied by the number of GPUs of the attempt's slots. A GPU that
    several slots of a node name counts in parts: two slots on one GPU are half a GPU each.
    """

    seconds: float = 0.0
    cpu_seconds: float = 0.0
    gpu_seconds: float = 0.0

    def add(self, other: Amount, share: float = 1.0) -> None:
        """Add a share of another amount."""
        self.seconds += share * other.seconds
        self.cpu_seconds += share * other.cpu_seconds
        self.gpu_seconds += share * other.gpu_seconds


@dataclass(slots=True)
class Usage:
    """What attempts that have ended used: in all, and by what became of it.

    `counted` belongs to the verdicts *succeeded* and *stopped*, `lost` to attempts that ended
    otherwise. What trials without a verdict used is in neither.
    """

    total: Amount = field(default_factory=Amount)
    counted: Amount = field(default_factory=Amount)
    lost: Amount = field(default_factory=Amount)
    attempts: int = 0  # whose process ran
    without_cpu: int = 0  # those of them whose processor time was not measured: it counts as 0
    without_gpu: int = 0  # those of them whose GPUs are not known: they count as 0

    @property
    def known_cpu_seconds(self) -> float | None:
        """The processor time, None if it was measured of no attempt."""
        return self.total.cpu_seconds if self.without_cpu < self.attempts else None

    @property
    def known_gpu_seconds(self) -> float | None:
        """The GPU time, None if the GPUs of no attempt are known."""
        return self.total.gpu_seconds if self.without_gpu < self.attempts else None

    def add(self, other: Usage, sign: int = 1) -> None:
        """Add the usage of other attempts; with a sign of -1, subtract it."""
        self.total.add(other.total, sign)
        self.counted.add(other.counted, sign)
        self.lost.add(other.lost, sign)
        self.attempts += sign * other.attempts
        self.without_cpu += sign * other.without_cpu
        self.without_gpu += sign * other.without_gpu

    @contextlib.contextmanager
    def changing(self, trial: Trial) -> Iterator[None]:
        """Keep this sum over trials up to date while one of them changes."""
        before = usage_of(trial)
        yield
        self.add(before, -1)
        self.add(usage_of(trial))


def usage_of(trial: Trial) -> Usage:
    """What the ended attempts of a trial used. Nothing for an imported trial."""
    found = Usage()
    if not trial.attempts:
        return found
    shares = _counted_shares(trial)
    for attempt in trial.attempts:
        amount = _amount_of(attempt)
        if amount is None:
            continue
        found.attempts += 1
        found.without_cpu += attempt.cpu_seconds is None
        found.without_gpu += attempt.gpus is None
        found.total.add(amount)
        if trial.state.is_verdict:
            share = shares.get(attempt.number, 0.0)
            found.counted.add(amount, share)
            found.lost.add(amount, 1.0 - share)
    return found


def _amount_of(attempt: Attempt) -> Amount | None:
    """What an attempt used; None if its process never ran, or still runs.

    The controller's times stand in for those that a lost node did not send.
    """
    if attempt.state is not AttemptState.ENDED or attempt.started_at is None:
        return None
    seconds = attempt.run_seconds
    if seconds is None:
        seconds = max(0.0, (attempt.ended_at or attempt.started_at) - attempt.started_at)
    return Amount(seconds, attempt.cpu_seconds or 0.0, seconds * (attempt.gpus or 0.0))


def _counted_shares(trial: Trial) -> dict[int, float]:
    """By number, the share of the attempts that is part of what the trial committed.

    Of an attempt from whose checkpoint another one continued, that is the share of its steps up to
    the checkpoint.
    """
    shares: dict[int, float] = {}
    number, share = trial.committed_by, 1.0
    while number is not None:
        shares[number] = share
        source = trial.attempts[number - 1].continued
        if source is None:
            break
        number, step = source
        share = _share_until(trial.attempts[number - 1], step)
    return shares


def _share_until(attempt: Attempt, step: int) -> float:
    """The share of an attempt's steps that ends with `step`, which a checkpoint contains."""
    before = -1 if attempt.continued is None else attempt.continued[1]  # the step before its first
    if attempt.step is None or attempt.step <= max(step, before):
        return 1.0
    return max(0.0, (step - before) / (attempt.step - before))
