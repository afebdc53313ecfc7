"""The end of an attempt, wherever in its supervisor it comes from."""

from __future__ import annotations

from typing import Optional


class Ended(Exception):  # noqa: N818 - an end, often no error
    """The attempt is over: `outcome` as in docs/wire.md, `reason` for people."""

    def __init__(
        self,
        outcome: str,
        reason: str = "",
        parent: Optional[int] = None,
        rule: Optional[int] = None,
    ) -> None:
        super().__init__(outcome, reason, parent, rule)
        self.outcome = outcome
        self.reason = reason
        self.parent = parent  # the trial whose lack of weights, or damage, ended it
        self.rule = rule  # which of the spec's retry rules fits the failure
