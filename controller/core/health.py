"""Which nodes are to be set aside, because one trial after the other went wrong there."""

from __future__ import annotations

from dataclasses import dataclass, field

from controller.core.model import Attempt, Outcome, Rules, Trial

IN_A_ROW = 3  # trials that go wrong on a node before it is set aside
_FIRST_WAIT, _LONGEST_WAIT = 5.0, 900.0  # seconds until a node is asked whether it is well
# These say that a trial could run there, whatever became of it.
_WELL = (Outcome.COMMITTED, Outcome.STOPPED, Outcome.FAILED, Outcome.TIMEOUT)


@dataclass(slots=True)
class _Record:
    row: list[tuple[int, Attempt]] = field(default_factory=list)  # what went wrong, in a row
    times: int = 0  # that it was set aside since a trial went well there


@dataclass(slots=True)
class Health:
    """What went wrong on each node since the last attempt that could run there."""

    _records: dict[str, _Record] = field(default_factory=dict)

    def ended(self, trial: Trial, attempt: Attempt, rules: Rules) -> tuple[str, float] | None:
        """Take the end of an attempt: why its node is to be set aside, and for how long.

        None where it is not. The attempts that showed it are excused: their trials did nothing.
        """
        record = self._records.setdefault(attempt.node, _Record())
        if not _is_node_s(attempt, rules):
            if attempt.outcome in _WELL:
                self._records[attempt.node] = _Record()
            return None
        record.row.append((trial.id, attempt))
        # A start that is refused is the node's word; of other ends a trial may be the cause.
        refused = sum(held.outcome is Outcome.REFUSED for _, held in record.row)
        if not record.times and max(refused, len({id for id, _ in record.row})) < IN_A_ROW:
            return None
        count = len(record.row)
        for _, held in record.row:
            held.excused = held.outcome is Outcome.REFUSED
        wait = min(_FIRST_WAIT * 3**record.times, _LONGEST_WAIT)
        record.row.clear()
        record.times += 1
        again = f"{count} attempts in a row" if count > 1 else "again an attempt"
        return f"{again} went wrong there, the last: {attempt.reason or attempt.outcome}", wait


def _is_node_s(attempt: Attempt, rules: Rules) -> bool:
    if attempt.rule is not None:
        return rules.retry[attempt.rule].exclude_node
    return attempt.outcome in (Outcome.REFUSED, Outcome.LOST)
