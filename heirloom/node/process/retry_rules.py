"""Find the retry rule of the experiment that matches a failure.

The controller decides whether the trial is tried again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ..attempt_ended import AttemptEnded
from .output_text import quoted

_ENOUGH = 80  # characters that show that a reason quotes the line already
Rule = Mapping[str, Any]  # {"on": pattern or None, "exit_code": code or None}


def match_retry_rule(
    failure: AttemptEnded, rules: Sequence[Rule], status: int, lines: Sequence[str]
) -> AttemptEnded:
    """The failure with the index of the first matching rule, and the matching line in its reason.

    `status` is an exit status as in subprocess, `lines` are the end of the output. The `exit_code`
    of a rule is a shell's: 128 plus the signal number for a process that a signal ended.
    """
    code = 128 - status if status < 0 else status
    for index, rule in enumerate(rules):
        if rule["exit_code"] not in (None, code):
            continue
        if rule["on"] is None:
            return AttemptEnded(failure.outcome, failure.reason, failure.parent, index)
        line = next((line for line in reversed(lines) if re.search(rule["on"], line)), None)
        if line is not None:
            quote = quoted(line)
            reason = failure.reason
            if quote[:_ENOUGH] not in reason:
                reason = f"{reason} (its output says: {quote})"
            return AttemptEnded(failure.outcome, reason, failure.parent, index)
    return failure
