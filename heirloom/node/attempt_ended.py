"""The exception that ends an attempt, raised anywhere in its supervisor."""

from __future__ import annotations

from typing import Optional


class AttemptEnded(Exception):  # noqa: N818 - most of these ends are not errors
    """The attempt is over. `outcome` is one of docs/reference/files.md, `reason` is for people."""

    def __init__(
        self,
        outcome: str,
        reason: str = "",
        parent: Optional[int] = None,
        rule: Optional[int] = None,
    ) -> None:
        """`parent` is the trial without usable weights, if that is the cause.

        `rule` is the index of the retry rule in the spec that matches the failure.
        """
        super().__init__(outcome, reason, parent, rule)
        self.outcome = outcome
        self.reason = reason
        self.parent = parent
        self.rule = rule
