"""The budget of a search: its limits, and how a user extends them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Budget:
    """The limits in force. None: there is no such limit."""

    trials: int | None = None  # trials, without those that a user cancelled
    duration: float | None = None  # seconds, counted while a controller runs


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit as a user requests it: `amount` more than now, or `amount` in all."""

    amount: float
    is_more: bool

    def after(self, limit: float, used: float) -> float:
        """The new limit. More than a limit that is exceeded means more than what is used."""
        return max(limit, used) + self.amount if self.is_more else self.amount
