"""What to do next, from the experiment's state and the time; each decision is an event."""

from __future__ import annotations

import heapq
from collections.abc import Iterator

from controller.core import events as e
from controller.core.experiment import REJECTIONS, Experiment
from controller.core.model import AttemptState, Outcome, State

PATIENCE = 10.0  # seconds that an armed attempt waits for a slot while other nodes stand idle
_RECALL_EVERY = 2.0  # seconds between two looks for such attempts


class Decisions:
    """Decides for one experiment. Holds no state that a replay would need."""

    def __init__(self, experiment: Experiment) -> None:
        self._x = experiment
        self._next_recall = 0.0

    def decide(self, now: float) -> list[e.Event]:
        """Every decision that the state asks for, each applied already, in order.

        Journal them before any is carried out.
        """
        made: list[e.Event] = []
        if self._x.closed is not None or self._x.opened_at is None:
            return made
        for step in (self._due, self._placements, self._recalls, self._search):
            for event in step(now):
                self._x.apply(event)
                made.append(event)
        return made

    def _due(self, now: float) -> Iterator[e.Event]:
        x = self._x
        while x.verdicts_due:
            trial, (state, reason) = next(iter(x.verdicts_due.items()))
            yield e.VerdictAsked(at=now, trial=trial, state=state, reason=reason)
        while x.ends_due:
            (trial, number), (how, reason) = next(iter(x.ends_due.items()))
            yield e.EndAsked(at=now, trial=trial, number=number, how=how, reason=reason)
        while x.looks_due:
            yield e.LookAsked(at=now, trial=next(iter(x.looks_due)))
        while x.untold:
            yield e.Told(at=now, trial=next(iter(x.untold)))

    def _placements(self, now: float) -> Iterator[e.Event]:
        x = self._x
        need = x.rules.slots
        while x.units + need <= x.placement.total_slots + x.lookahead * need:
            trial = self._next_trial()
            node = x.placement.best()
            if trial is None or node is None:
                return
            number = len(x.trials[trial].attempts) + 1
            restore = x.trials[trial].restore
            yield e.Placed(at=now, trial=trial, number=number, node=node, restore=restore)

    def _next_trial(self) -> int | None:
        """The oldest ready trial, else the oldest whose missing parents are all on nodes."""
        x = self._x
        ready = x.queue.first_ready()
        if ready is not None:
            return ready
        while x.armable:
            trial = x.armable[0]
            unmet = x.queue.unmet(trial)
            if unmet and all(x.trials[parent].attempt is not None for parent in unmet):
                return trial
            heapq.heappop(x.armable)  # pushed again when a parent of it is placed
        return None

    def _recalls(self, now: float) -> Iterator[e.Event]:
        """Take back what waits behind a long trial while another node has room."""
        x = self._x
        if now < self._next_recall or not x.on_nodes:
            return
        self._next_recall = now + _RECALL_EVERY
        best = x.placement.best()
        room = x.placement.free(best) // x.rules.slots if best is not None else 0
        if room <= 0 or self._next_trial() is not None:
            return
        for number, trial in [(number, trial) for trial, number in x.on_nodes]:
            attempt = x.attempt(trial, number)
            if room <= 0 or attempt is None:
                return
            waits = attempt.state is AttemptState.ARMED and attempt.stopping is None
            crowded = x.placement.free(attempt.node) < 0
            able = all(x.trials[parent].inheritable for parent in attempt.restore)
            if waits and crowded and able and now - attempt.placed_at >= PATIENCE:
                room -= 1
                yield e.EndAsked(
                    at=now, trial=trial, number=number, how=Outcome.RECALLED,
                    reason=f"{best} has room",
                )  # fmt: skip

    def _search(self, now: float) -> Iterator[e.Event]:
        x = self._x
        if x.retries_due and x.asked is None:
            source = x.trials[next(iter(x.retries_due))]
            yield e.Proposed(
                at=now, trial=len(x.trials), params=dict(source.params),
                parents=source.parents, retry_of=source.id,
            )  # fmt: skip
        if x.search_over is None:
            reason = self._exhausted(now)
            if reason is not None:
                yield e.SearchEnded(at=now, reason=reason, error=x.rejected >= REJECTIONS)
            elif x.asked is None and not x.withheld and x.open_trials < x.concurrency:
                yield e.ProposalAsked(at=now, trial=len(x.trials))
        idle = not (x.open_trials or x.on_nodes or x.retries_due or x.untold)
        if x.search_over is not None and idle and x.asked is None:
            yield e.Closed(at=now, reason=x.search_over.reason)

    def _exhausted(self, now: float) -> str | None:
        x, rules = self._x, self._x.rules
        if rules.trials is not None and len(x.trials) >= rules.trials:
            return f"the budget of {rules.trials} trials is used up"
        if rules.duration is not None and x.elapsed(now) >= rules.duration:
            return f"the budget of {rules.duration:.0f} s is used up"
        if x.rejected >= REJECTIONS:
            reason = x.verdicts_due.get(len(x.trials) - 1) or (State.FAILED, x.trials[-1].reason)
            return f"the tuner's last {REJECTIONS} proposals were rejected; {reason[1]}"
        if x.withheld and not x.open_trials and x.asked is None:
            return "the tuner has nothing more to propose"
        return None
