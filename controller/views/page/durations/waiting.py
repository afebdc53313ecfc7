"""For what trials waited before their processes ran: a parent, a slot, or Ansible."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from controller.core.model import Trial
from controller.views.page.durations.lookahead import busy

PARENT, SLOT, ANSIBLE = "a parent", "a slot", "Ansible and the start"


def causes(trials: Iterable[Trial], places: Mapping[str, int]) -> dict[int, dict[str, float]]:
    """The seconds that each trial waited, by cause. Trials that never ran are left out.

    From its proposal, or from the end of the attempt before, until its last attempt began, a trial
    waits for its last parent to end; then for a node to take it, or for a slot on a full node; what
    is left went to Ansible and to the start of the process.

    Args:
        trials: in the order of their ids.
        places: how many trials each node can run at once.
    """
    known = {trial.id: trial for trial in trials}
    nodes = busy(known.values(), places)
    found = {}
    for trial in known.values():
        last = trial.attempts[-1] if trial.attempts else None
        if last is None or last.started_at is None:
            continue
        before = trial.attempts[-2].ended_at if len(trial.attempts) > 1 else None
        begin = min(last.started_at, trial.proposed_at if before is None else before)
        ends = (known[parent].ended_at for parent in last.restore if parent in known)
        free = min(last.started_at, max((end for end in ends if end is not None), default=begin))
        free = max(begin, free)
        placed = min(last.started_at, max(free, last.placed_at))
        full = nodes[last.node].within(placed, last.started_at)
        found[trial.id] = {
            PARENT: free - begin,
            SLOT: placed - free + full,
            ANSIBLE: max(0.0, last.started_at - placed - full),
        }
    return found
