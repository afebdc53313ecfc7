"""The section `budget` of the experiment file: when the search ends."""

from __future__ import annotations

from pydantic import Field

from controller.config.fields import Duration, Section


class BudgetSection(Section):
    """When the search ends: `trials` or `duration`, unless the tuner ends it by itself."""

    trials: int | None = Field(default=None, ge=1)
    """How many trials may be proposed."""
    duration: Duration | None = None
    """How long the search may run: seconds, or text such as 8h."""
    concurrency: int | None = Field(default=None, ge=1)
    """How many trials may be under way; null: the slots and the lookahead."""

    def check_end(self, *, ends_itself: bool) -> None:
        """Raise ValueError where neither the budget nor the tuner (`ends_itself`) ends a search."""
        if self.trials is None and self.duration is None and not ends_itself:
            raise ValueError("trials or duration is needed, or the search would never end")
