"""Which of the experiment's retry rules fits a failure: the core decides what follows from it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from .ended import Ended
from .log import quoted

Rule = Mapping[str, Any]  # {"on": pattern or None, "exit_code": code or None}


def of_failure(failure: Ended, rules: Sequence[Rule], status: int, lines: Sequence[str]) -> Ended:
    """The failure with the first rule that fits, and the line that made it fit as its reason.

    `status` is as subprocess has it, `lines` are the end of the output. A code in a rule is as a
    shell has it: 128 and the signal's number for a process that a signal ended.
    """
    code = 128 - status if status < 0 else status
    for index, rule in enumerate(rules):
        if rule["exit_code"] not in (None, code):
            continue
        if rule["on"] is None:
            return Ended(failure.outcome, failure.reason, failure.parent, index)
        line = next((line for line in reversed(lines) if re.search(rule["on"], line)), None)
        if line is not None:
            said = quoted(line)
            reason = failure.reason
            if said not in reason:
                reason = f"{reason} (its output says: {said})"
            return Ended(failure.outcome, reason, failure.parent, index)
    return failure
