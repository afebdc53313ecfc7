"""Compare a tuner's answer at a resume with the one in the journal."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from controller.core.events import Concluded, ProposalWithheld, Proposed, SearchEnded
from controller.tuners.pipe import Answer


def difference(
    trial: int, journaled: Proposed | ProposalWithheld | SearchEnded, answer: Answer
) -> list[str]:
    """A line that says how the answer differs from the journaled one; empty if it does not."""
    before: Answer
    if isinstance(journaled, Proposed):
        plain = {"params": dict(journaled.params), "parents": list(journaled.parents)}
        before = {"ok": json.loads(json.dumps(plain))}
    elif isinstance(journaled, ProposalWithheld):
        before = {"ok": None}
    else:
        before = {"finished": journaled.reason}
    now, then = _describe(answer), _describe(before)
    if now == then:
        return []
    journal = f"the journal says that it {then}, and that answer is used"
    return [f"trial {trial}: the tuner now {now}; {journal}"]


def conclusion_difference(journaled: Concluded, answer: Answer) -> list[str]:
    """The same for the last trials of the search."""
    before = [
        {"params": dict(last.params), "parents": list(last.parents)} for last in journaled.trials
    ]
    now, then = _describe_last(answer.get("ok", [])), _describe_last(before)
    if now == then:
        return []
    journal = f"the journal says that it {then}, and that answer is used"
    return [f"end of the search: the tuner now {now}; {journal}"]


def _describe_last(trials: Sequence[Mapping[str, Any]]) -> str:
    compared = [{key: trial[key] for key in ("params", "parents")} for trial in trials]
    return f"concludes with {json.dumps(compared, sort_keys=True)}"


def _describe(answer: Answer) -> str:
    if "finished" in answer:
        return "ends the search"
    if answer["ok"] is None:
        return "has nothing to propose"
    params = json.dumps(answer["ok"]["params"], sort_keys=True)
    return f"proposes {params} with parents {answer['ok']['parents']}"
