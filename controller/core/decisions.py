"""Decide what to do next from the experiment's state and the time. A decision is an event."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from itertools import islice

from controller.core import events as e
from controller.core.experiment import Experiment
from controller.core.gc import garbage, leftovers, questions, unneeded_checkpoints
from controller.core.model import Attempt, AttemptState, Keep, Outcome, Trial
from controller.core.nearest import Nearest
from controller.core.transitions.inheritance import chooses_nearest, is_undecided
from controller.core.transitions.retries import nodes_to_avoid

PATIENCE = 10.0  # seconds that an armed attempt waits for a slot while another node is idle
_RECALL_EVERY = 2.0  # seconds between two searches for such attempts
_ALIVE_EVERY = 60.0  # seconds without an event after which one says that the controller runs


class Decisions:
    """Decides for one experiment. Holds no state that a replay would need."""

    def __init__(self, experiment: Experiment) -> None:
        self._x = experiment
        self._nearest = Nearest(experiment.rules)
        self._recalled_at = float("-inf")
        self._free: int | None = None

    def decide(self, now: float, free: int | None = None) -> list[e.Event]:
        """Every decision that follows from the state, in order. Each is applied already.

        The caller journals the decisions before it carries out any of them.

        Args:
            now: seconds since the epoch.
            free: free bytes on the store, or None if not known.
        """
        self._free = free
        made: list[e.Event] = []
        if self._x.closed is not None or self._x.opened_at is None:
            return made
        steps = (
            self._due,
            self._pause,
            self._placements,
            self._recalls,
            self._search,
            self._checkpoints,
            self._gc,
            self._end,
            self._alive,
        )
        for step in steps:
            for event in step(now):
                self._x.apply(event)
                made.append(event)
        return made

    def _due(self, now: float) -> Iterator[e.Event]:
        """Issue the commands that are due."""
        commands = self._x.commands
        while commands.verdicts.due:
            trial, (state, reason) = commands.verdicts.next_due()
            yield e.VerdictAsked(at=now, trial=trial, state=state, reason=reason)
        while commands.ends.due:
            (trial, number), (how, reason) = commands.ends.next_due()
            yield e.EndAsked(at=now, trial=trial, number=number, how=how, reason=reason)
        while commands.set_asides.due:
            node, (reason, wait) = commands.set_asides.next_due()
            yield e.NodeSetAside(at=now, node=node, reason=reason, wait=wait)
        while commands.checks.due:
            yield e.CheckAsked(at=now, trial=next(iter(commands.checks.due)))
        while commands.results.due:
            yield e.ResultSent(at=now, trial=next(iter(commands.results.due)))

    def _pause(self, now: float) -> Iterator[e.Event]:
        """Pause a search whose trials fail alike, if anything is left to start."""
        x = self._x
        due = None if x.keep_going or x.stopping is not None else x.alike.due
        left = x.search.over is None or len(x.queue) or x.on_hold or x.commands.retries.due
        if due is not None and x.paused is None and left:
            yield e.Paused(at=now, reason=due, trials=tuple(x.alike.row))

    def _placements(self, now: float) -> Iterator[e.Event]:
        x, free = self._x, self._free
        if x.paused is not None:
            return
        if x.short is not None and free is not None and free >= x.needed:
            yield e.RoomBack(at=now, free=free)
        while (node := x.placement.best()) is not None:
            trial = self._next_trial()
            if trial is None or x.short is not None:
                return
            if free is not None and free < x.needed:
                yield e.RoomShort(at=now, free=free, needed=x.needed)
                return
            avoid = nodes_to_avoid(x.trials[trial], x.rules)
            if avoid:
                node = x.placement.best_but(avoid) or node
            number = len(x.trials[trial].attempts) + 1
            restore, distance = self._parents(x.trials[trial])
            yield e.Placed(
                at=now, trial=trial, number=number, node=node, restore=restore, distance=distance
            )

    def _parents(self, trial: Trial) -> tuple[tuple[int, ...], float | None]:
        """The trials whose weights an attempt starts from, and the distance of a chosen one."""
        x = self._x
        if not chooses_nearest(x.rules, trial):
            return trial.restore, None
        if not is_undecided(x.trials, trial):
            return trial.restore, trial.distance if trial.restore else None
        found = self._nearest.choose(x.trials, trial, x.standing)
        return ((), None) if found is None else ((found.trial,), found.distance)

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
        """Recall attempts that should wait on another node."""
        x = self._x
        if x.paused is not None:
            yield from _recalled(now, list(self._not_begun()), "the search is paused")
            return
        if not x.on_hold or 0.0 <= now - self._recalled_at < _RECALL_EVERY:
            return
        self._recalled_at = now
        best = x.placement.best()
        if best is None and x.queue.first_ready() is not None:
            stuck = (held for held in self._on_hold() if self._is_stuck(held[1]))
            yield from _recalled(now, list(stuck), "it waits for a parent that finds no place")
        elif best is not None and x.placement.free(best) > 0 and self._next_trial() is None:
            late = (held for held in self._on_hold() if self._is_late(held[1], now))
            room = x.placement.free(best)
            yield from _recalled(now, list(islice(late, room)), f"{best} has room")

    def _on_hold(self) -> Iterator[tuple[int, Attempt]]:
        """Armed attempts that are not being ended, oldest first, each with its trial."""
        x = self._x
        for trial, number in x.on_hold:
            if (trial, number) not in x.commands.ends.issued:
                yield trial, x.trials[trial].attempts[number - 1]

    def _not_begun(self) -> Iterator[tuple[int, Attempt]]:
        """Attempts on nodes whose process does not run, and that are not being ended."""
        x = self._x
        for trial, number in x.on_nodes:
            attempt = x.trials[trial].attempts[number - 1]
            ending = (trial, number) in x.commands.ends.issued
            if attempt.state is not AttemptState.RUNNING and not ending:
                yield trial, attempt

    def _is_stuck(self, attempt: Attempt) -> bool:
        """Whether it occupies a place that one of its own parents needs."""
        x = self._x
        parents = [x.trials[parent] for parent in attempt.restore]
        away = any(not p.state.is_verdict and p.attempt is None for p in parents)
        return away and x.placement.is_up(attempt.node)

    def _is_late(self, attempt: Attempt, now: float) -> bool:
        """Whether it lacks only a slot and has waited for one too long."""
        x = self._x
        crowded = x.placement.free(attempt.node) < 0
        able = all(x.trials[parent].inheritable for parent in attempt.restore)
        return crowded and able and now - attempt.placed_at >= PATIENCE

    def _search(self, now: float) -> Iterator[e.Event]:
        x, search = self._x, self._x.search
        if x.paused is not None or x.is_importing:
            return
        retries = x.commands.retries.due
        while retries and search.asked is None and x.stopping is None:
            source = x.trials[next(iter(retries))]
            yield e.Proposed(
                at=now,
                trial=len(x.trials),
                params=dict(source.params),
                parents=source.parents,
                retry_of=source.id,
                token=source.token,
                candidate=source.candidate,
            )
        if search.over is None:
            used_up, broken = x.used_up(now), search.broken
            reason = broken or used_up or self._withheld()
            concludes = broken is None and used_up is not None
            if concludes:
                yield from self._conclude(now)
            if concludes and self._awaits_conclusion():
                return
            if reason is not None:
                yield e.SearchEnded(
                    at=now,
                    reason=reason,
                    error=broken is not None,
                    exhausted=concludes,
                )
            elif search.asked is None and not search.withheld and x.open_trials < x.concurrency:
                yield e.ProposalAsked(at=now, trial=len(x.trials))

    def _checkpoints(self, now: float) -> Iterator[e.Event]:
        """Remove the checkpoints of ended trials: no attempt continues them."""
        if self._x.checkpoints.refused is not None:
            return
        if attempts := unneeded_checkpoints(self._x):
            yield e.CheckpointsRemovalAsked(at=now, attempts=attempts)

    def _gc(self, now: float) -> Iterator[e.Event]:
        """Remove weights that are neither kept nor needed: repeatedly, and once at the end."""
        x, gc = self._x, self._x.gc
        if gc.is_removing or not (gc.wanted or self._is_gc_due()):
            return
        if x.proposals_possible and gc.asked:
            return
        if x.proposals_possible and not gc.answered:
            asked = () if x.search.over is not None else questions(x)  # a failed tuner can't answer
            if asked:
                yield e.ParentsAsked(at=now, trials=asked)
                return
        trials = (*x.commands.removals.due, *garbage(x))
        yield e.RemovalAsked(at=now, trials=trials, attempts=leftovers(x))

    def _is_gc_due(self) -> bool:
        x = self._x
        if x.rules.keep is Keep.ALL or x.gc.refused is not None:
            return False
        if not x.proposals_possible and self._is_idle():
            return bool(garbage(x) or leftovers(x))
        return x.gc.is_due(len(x.trials), short_of_room=x.short is not None)

    def _is_idle(self) -> bool:
        """Whether every trial has ended, on the nodes as well, and the tuner has every result."""
        x = self._x
        retries = x.commands.retries.due and x.stopping is None  # a stop leaves them to a resume
        return not (x.open_trials or x.on_nodes or retries or x.commands.results.due)

    def _end(self, now: float) -> Iterator[e.Event]:
        x = self._x
        removing = x.gc.is_removing and not x.proposals_possible
        removing = removing or bool(x.commands.checkpoints.issued)
        if x.search.over is not None and self._is_idle() and not removing:
            yield e.Closed(at=now, reason=x.search.over.reason)

    def _alive(self, now: float) -> Iterator[e.Event]:
        x = self._x
        waits_for_user = x.paused is not None and x.is_at_rest
        if x.closed is None and now - x.last_at >= _ALIVE_EVERY and not waits_for_user:
            yield e.ControllerAlive(at=now)

    def _awaits_conclusion(self) -> bool:
        """Whether the tuner may still propose the last trials."""
        conclusion = self._x.conclusion
        return conclusion.possible and not conclusion.answered

    def _conclude(self, now: float) -> Iterator[e.Event]:
        """Ask for the last trials once the tuner has every result, and make trials of them."""
        x, conclusion = self._x, self._x.conclusion
        waits = x.open_trials or x.commands.results.due or x.commands.retries.due
        if self._awaits_conclusion() and not (conclusion.asked or waits):
            yield e.ConclusionAsked(at=now)
        while conclusion.due:
            last = conclusion.due[0]
            yield e.Proposed(
                at=now,
                trial=len(x.trials),
                params=last.params,
                parents=last.parents,
                concludes=True,
                candidate=last.candidate,
            )

    def _withheld(self) -> str | None:
        """The reason for the end if the tuner proposes nothing and no result can change that."""
        x = self._x
        proposing = x.search.asked is not None or x.search.coming
        if x.search.withheld and not x.open_trials and not proposing:
            return "the tuner has nothing more to propose"
        return None


def _recalled(
    now: float, attempts: Sequence[tuple[int, Attempt]], reason: str
) -> Iterator[e.Event]:
    for trial, attempt in attempts:
        yield e.EndAsked(
            at=now, trial=trial, number=attempt.number, how=Outcome.RECALLED, reason=reason
        )
