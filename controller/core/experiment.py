"""The experiment as a state machine: `apply` takes every event, and nothing else changes it.

Replaying a journal is applying its events in order. `Decisions` (decisions.py) looks at the
state and says what to do next; what it says is an event as well, so a replay decides nothing.
Applying an event twice, or late, is harmless: mail may come twice, and an attempt that was
given up may still commit.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable
from typing import Any

from controller.core import events as e
from controller.core.gc_state import Retention
from controller.core.health import Health
from controller.core.inheritance import Skip, resolve
from controller.core.model import (
    Attempt,
    AttemptState,
    Keep,
    Outcome,
    Rules,
    State,
    Trial,
    attempt_name,
)
from controller.core.placement import Placement
from controller.core.queue import Queue
from controller.core.retries import verdict_due
from controller.core.search import Search


class Experiment:
    """Trials, nodes and what is due. The `..._due` mappings keep the order in which they filled."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.trials: list[Trial] = []
        self.queue = Queue()
        self.placement = Placement(rules.slots, rules.lookahead)
        self.search = Search()
        self.retention = Retention()
        self.counts: Counter[State] = Counter()
        self.best: int | None = None  # the committed trial with the best value

        self.verdicts_due: dict[int, tuple[State, str]] = {}
        self.verdicts_asked: dict[int, tuple[State, str]] = {}
        self.ends_due: dict[tuple[int, int], tuple[Outcome, str]] = {}
        self.asides_due: dict[str, tuple[str, float]] = {}
        self.set_aside: dict[str, str] = {}  # nodes on which one trial after the other went wrong
        self._health = Health()
        self.looks_due: dict[int, None] = {}
        self.looking: dict[int, None] = {}
        self.untold: dict[int, None] = {}
        self.retries_due: dict[int, None] = {}
        self._requests: set[str] = set()  # for retries, that were heard
        self.next_parameter_id = 0  # of a tuner that counts its calls
        self.armable: list[int] = []  # heap of waiting trials whose parents are all on nodes
        self.on_nodes: dict[tuple[int, int], None] = {}  # attempts that have not ended
        self.on_hold: dict[tuple[int, int], None] = {}  # those of them that are armed

        self.largest = 0  # bytes of weights, of any trial so far
        self.damaged: dict[int, str] = {}  # trials whose weights are, and what was found of them
        self.short: e.RoomShort | None = None  # why no trial is handed out
        self.stopping: str | None = None
        self.closed: e.Closed | None = None
        self.created: e.Created | None = None
        self.opened_at: float | None = None
        self.started_at: float | None = None
        self.last_at = 0.0
        self.spent = 0.0  # seconds under earlier controllers
        self._handlers: dict[type[Any], Callable[[Any], None]] = {
            e.Created: self._created,
            e.Opened: self._opened,
            e.NodesFound: lambda event: self.placement.set_nodes(event.nodes),
            e.NodeDown: lambda event: self.placement.set_down(event.node, event.reason),
            e.NodeUp: self._node_up,
            e.NodeSetAside: self._node_set_aside,
            e.ProposalAsked: lambda event: self.search.ask(event.trial),
            e.Proposed: self._proposed,
            e.ProposalWithheld: lambda event: self.search.withhold(coming=event.coming),
            e.TunerReady: lambda event: self.search.ready(),
            e.ProposalGivenUp: lambda event: self._count(event.parameter_id),
            e.SearchEnded: lambda event: self.search.end(event),
            e.Placed: self._placed,
            e.Armed: self._armed,
            e.Began: self._began,
            e.Reported: self._reported,
            e.Ended: self._ended,
            e.VerdictAsked: self._verdict_asked,
            e.VerdictSeen: self._verdict_seen,
            e.LookAsked: self._look_asked,
            e.NoVerdict: self._no_verdict,
            e.Told: self._told,
            e.EndAsked: self._end_asked,
            e.StopAdvised: self._stop_advised,
            e.CancelAsked: self._cancel_asked,
            e.RetryAsked: self._retry_asked,
            e.CollectionAsked: self._collection_asked,
            e.ParentsAsked: lambda event: self.retention.ask(),
            e.ParentsSaid: lambda event: self.retention.answer(event),
            e.RemovalAsked: self._removal_asked,
            e.Removed: lambda event: self.retention.end(event),
            e.RoomShort: self._room_short,
            e.RoomBack: self._room_back,
            e.StopAsked: self._stop_asked,
            e.Closed: self._closed,
        }

    # What others ask of the state

    @property
    def open_trials(self) -> int:
        """Trials without a verdict."""
        return len(self.trials) - sum(n for state, n in self.counts.items() if state.is_verdict)

    @property
    def concurrency(self) -> int:
        """Trials that may be without a verdict at once."""
        if self.rules.concurrency is not None:
            return self.rules.concurrency
        return self.placement.capacity

    @property
    def room(self) -> int:
        """Further trials that may be proposed now."""
        room = self.concurrency - self.open_trials
        if self.rules.trials is not None:
            room = min(room, self.rules.trials - len(self.trials))
        return max(0, room)

    @property
    def asked(self) -> int | None:
        """The trial that the tuner is thinking about, if any."""
        return self.search.asked

    @property
    def search_over(self) -> e.SearchEnded | None:
        """Why no further trial will be asked for, if that is so."""
        return self.search.over

    @property
    def proposals_possible(self) -> bool:
        """Whether the tuner may propose another trial, now or after a resume."""
        over = self.search.over
        return over is None or over.error or self.stopping is not None

    @property
    def needed(self) -> int:
        """Bytes that must be free on the store for another attempt to be handed out."""
        return self.largest * (len(self.on_nodes) + 1) + self.rules.reserve

    def elapsed(self, now: float) -> float:
        """Seconds that controllers have spent on the experiment."""
        if self.opened_at is None or self.closed is not None:
            return self.spent
        return self.spent + max(0.0, now - self.opened_at)

    def attempt(self, trial: int, number: int) -> Attempt | None:
        """The attempt, or None where no such one was placed."""
        if 0 <= trial < len(self.trials) and 1 <= number <= len(self.trials[trial].attempts):
            return self.trials[trial].attempts[number - 1]
        return None

    # What changes it

    def apply(self, event: e.Event) -> None:
        """Take one event."""
        self._handlers[type(event)](event)
        self.last_at = event.at

    def _created(self, event: e.Created) -> None:
        self.created = event

    def _opened(self, event: e.Opened) -> None:
        if self.opened_at is not None and self.closed is None:
            self.spent += max(0.0, self.last_at - self.opened_at)
        self.opened_at = event.at
        self.started_at = event.at if self.started_at is None else self.started_at
        over = None if self.proposals_possible else self.search.over
        self.stopping = self.closed = self.short = None
        self.search = Search()  # the tuner that was thinking is gone: it is asked again
        self.search.over = over  # but not where it had come to its end
        self.retention.open()

    def _node_up(self, event: e.NodeUp) -> None:
        self.set_aside.pop(event.node, None)
        self.placement.set_up(event.node)

    def _node_set_aside(self, event: e.NodeSetAside) -> None:
        self.asides_due.pop(event.node, None)
        self.set_aside[event.node] = event.reason
        self.placement.set_down(event.node, event.reason)

    def _closed(self, event: e.Closed) -> None:
        self.spent = self.elapsed(event.at)
        self.closed = event

    def _told(self, event: e.Told) -> None:
        self.untold.pop(event.trial, None)
        self.search.tell()

    def _proposed(self, event: e.Proposed) -> None:
        late = self.search.over is not None and event.retry_of is None
        if late or event.trial != len(self.trials):
            return
        self._count(event.parameter_id)
        problem = self._problem(event.parents)
        if event.retry_of is None:
            self.search.propose(event.trial, problem)
        else:
            self.retries_due.pop(event.retry_of, None)
        parents = () if problem else event.parents
        trial = Trial(
            event.trial, event.params, parents, parents, State.WAITING, event.at,
            retry_of=event.retry_of, parameter_id=event.parameter_id,
        )  # fmt: skip
        self.trials.append(trial)
        self.counts[trial.state] += 1
        if problem:
            self.verdicts_due[trial.id] = (State.FAILED, f"the proposal was rejected: {problem}")
        else:
            self._enqueue(trial)

    def _count(self, parameter_id: int | None) -> None:
        if parameter_id is not None:
            self.next_parameter_id = max(self.next_parameter_id, parameter_id + 1)

    def _problem(self, parents: tuple[int, ...]) -> str | None:
        for parent in parents:
            if not 0 <= parent < len(self.trials):
                last = f"the last is {len(self.trials) - 1}" if self.trials else "there is none yet"
                return f"it names trial {parent} as a parent, and there is no such trial ({last})"
            if self.trials[parent].removed:
                return f"it names trial {parent} as a parent, and its weights were removed"
        if len(set(parents)) < len(parents):
            return f"it names a parent twice: {list(parents)}"
        return None

    def _placed(self, event: e.Placed) -> None:
        trial = self.trials[event.trial]
        self.queue.remove(trial.id)
        trial.restore = event.restore
        trial.attempts.append(Attempt(event.number, event.node, event.restore, placed_at=event.at))
        self._set_state(trial, State.ARMED)
        self.on_nodes[trial.id, event.number] = None
        self.placement.take(event.node)
        for child in self.queue.waiting_for(trial.id):
            heapq.heappush(self.armable, child)

    def _armed(self, event: e.Armed) -> None:
        attempt = self.attempt(event.trial, event.number)
        if attempt is not None and attempt.state is AttemptState.PLACED:
            attempt.state = AttemptState.ARMED
            self.on_hold[event.trial, event.number] = None

    def _began(self, event: e.Began) -> None:
        attempt = self.attempt(event.trial, event.number)
        if attempt is None or attempt.state in (AttemptState.RUNNING, AttemptState.ENDED):
            return
        attempt.state = AttemptState.RUNNING
        attempt.started_at = event.at
        self.on_hold.pop((event.trial, event.number), None)
        if attempt.stopping is Outcome.RECALLED:
            attempt.stopping = None  # the recall came too late
        if not self.trials[event.trial].state.is_verdict:
            self._set_state(self.trials[event.trial], State.RUNNING)

    def _reported(self, event: e.Reported) -> None:
        attempt = self.attempt(event.trial, event.number)
        if attempt is not None:
            attempt.reports += 1
            attempt.last = event.value

    def _ended(self, event: e.Ended) -> None:
        attempt = self.attempt(event.trial, event.number)
        if attempt is None or attempt.state is AttemptState.ENDED:
            return
        trial = self.trials[event.trial]
        self._leave_node(trial, attempt, event)
        self._judge_node(trial, attempt)
        if trial.state.is_verdict:
            return
        self._set_state(trial, State.READY)
        if event.parent in attempt.restore:
            if event.outcome is Outcome.CORRUPT:
                self._suspect(self.trials[event.parent], attempt)
            elif not self.trials[event.parent].state.is_verdict:
                self.looks_due[event.parent] = None  # the node has seen a verdict that we have not
        if event.outcome in (Outcome.COMMITTED, Outcome.STOPPED, Outcome.BEATEN, Outcome.LOST):
            self.looks_due[trial.id] = None
        else:
            self._try_again(trial)

    def _leave_node(self, trial: Trial, attempt: Attempt, event: e.Ended) -> None:
        attempt.state = AttemptState.ENDED
        attempt.ended_at = event.at
        attempt.outcome = event.outcome
        attempt.reason = event.reason
        known = event.rule is not None and event.rule < len(self.rules.retry)
        attempt.rule = event.rule if known and event.outcome is Outcome.FAILED else None
        trial.seconds = event.seconds or trial.seconds
        self.on_nodes.pop((trial.id, attempt.number), None)
        self.on_hold.pop((trial.id, attempt.number), None)
        self.ends_due.pop((trial.id, attempt.number), None)
        self.placement.give_back(attempt.node)

    def _judge_node(self, trial: Trial, attempt: Attempt) -> None:
        """Whether the node is to be set aside. What ends while it is out of reach tells nothing."""
        if self.placement.is_up(attempt.node):
            aside = self._health.ended(trial, attempt, self.rules)
            if aside is not None:
                self.asides_due[attempt.node] = aside
        elif attempt.node in self.set_aside:
            attempt.excused = attempt.outcome is Outcome.REFUSED

    def _try_again(self, trial: Trial) -> None:
        """The trial has no attempt on a node: queue it, or have its verdict passed."""
        if trial.id in self.verdicts_due or trial.id in self.verdicts_asked:
            return
        due = verdict_due(self.trials, trial, self.rules)
        if due is None:
            self._enqueue(trial)
        else:
            self.verdicts_due[trial.id] = due

    def _suspect(self, parent: Trial, attempt: Attempt) -> None:
        alone = len(self.placement.nodes) - len(self.placement.down) <= 1
        if attempt.node not in parent.corrupt_on or alone:
            parent.corrupt_on = (*parent.corrupt_on, attempt.node)
        if len(parent.corrupt_on) > 1 and not parent.damaged:
            parent.damaged = True
            self.damaged[parent.id] = attempt.reason
            for child in (*self.queue.ready(), *self.queue.waiting()):
                if parent.id in self.trials[child].restore:
                    self.queue.remove(child)
                    self._enqueue(self.trials[child])

    def _enqueue(self, trial: Trial) -> None:
        """Queue a trial, from whatever its parents have become."""
        restore = resolve(self.trials, trial.restore, self.rules.on_parent_failure)
        if isinstance(restore, Skip):
            self.verdicts_due[trial.id] = (State.SKIPPED, restore.reason)
            return
        trial.restore = restore
        unmet = [parent for parent in restore if not self.trials[parent].inheritable]
        self.queue.add(trial.id, unmet)
        self._set_state(trial, State.WAITING if unmet else State.READY)
        if unmet:
            heapq.heappush(self.armable, trial.id)

    def _answer_children(self, parent: Trial) -> None:
        """The parent has a verdict: no queued child waits for it any longer."""
        if parent.inheritable:
            for child in self.queue.release(parent.id):
                if self.queue.is_ready(child):
                    self._set_state(self.trials[child], State.READY)
                else:
                    heapq.heappush(self.armable, child)
            return
        for child in self.queue.waiting_for(parent.id):
            self.queue.remove(child)
            self._enqueue(self.trials[child])

    def _verdict_asked(self, event: e.VerdictAsked) -> None:
        self.verdicts_due.pop(event.trial, None)
        self.verdicts_asked[event.trial] = (event.state, event.reason)
        self.queue.remove(event.trial)

    def _verdict_seen(self, event: e.VerdictSeen) -> None:
        trial = self._trial(event.trial)
        if trial is None or trial.state.is_verdict or not event.state.is_verdict:
            return
        for waiting in (self.verdicts_due, self.verdicts_asked, self.looks_due, self.looking):
            waiting.pop(trial.id, None)
        self.queue.remove(trial.id)
        trial.reason, trial.value, trial.result = event.reason, event.value, event.result
        trial.weights, trial.size, trial.shared = event.weights, event.size, event.shared
        self.largest = max(self.largest, event.size)
        self.retention.gained += 1
        trial.ended_at = event.at
        self._set_state(trial, event.state)
        attempt = trial.attempt
        if attempt is not None and attempt.number != event.number:
            name = attempt_name(trial.id, event.number or 0)
            why = f"{name} committed first" if event.number else f"the trial was {event.state}"
            self.ends_due[trial.id, attempt.number] = (Outcome.CANCELLED, why)
        self.untold[trial.id] = None
        if event.value is not None and event.state is State.SUCCEEDED:
            self._keep_best(trial.id, event.value)
        self._answer_children(trial)

    def _keep_best(self, trial: int, value: float) -> None:
        best = None if self.best is None else self.trials[self.best].value
        better = best is None or (value > best if self.rules.maximize else value < best)
        # Of equals the one that was proposed first, whichever ended first.
        if better or (value == best and trial < (self.best or 0)):
            self.best = trial

    def _look_asked(self, event: e.LookAsked) -> None:
        self.looks_due.pop(event.trial, None)
        self.looking[event.trial] = None

    def _no_verdict(self, event: e.NoVerdict) -> None:
        if event.trial not in self.looking:
            return  # the answer to a look that was not ours, or was answered
        del self.looking[event.trial]
        trial = self.trials[event.trial]
        if trial.attempts and trial.attempt is None and trial.id not in self.queue:
            self._try_again(trial)

    def _end_asked(self, event: e.EndAsked) -> None:
        self.ends_due.pop((event.trial, event.number), None)
        attempt = self.attempt(event.trial, event.number)
        if attempt is not None:
            attempt.stopping, attempt.stopping_why = event.how, event.reason

    def _stop_advised(self, event: e.StopAdvised) -> None:
        trial = self._trial(event.trial)
        attempt = trial.attempt if trial is not None else None
        if attempt is None or event.number not in (None, attempt.number):
            return
        if attempt.state is AttemptState.RUNNING and attempt.stopping is None:
            end = (Outcome.STOPPED, event.reason)
            self.ends_due.setdefault((event.trial, attempt.number), end)

    def _cancel_asked(self, event: e.CancelAsked) -> None:
        trial = self._trial(event.trial)
        if trial is not None:
            self._cancel(trial, "cancelled by a person")

    def _cancel(self, trial: Trial, reason: str) -> None:
        if trial.state.is_verdict or trial.id in self.verdicts_asked:
            return
        # The verdict goes first: from then on a late commit finds the name taken.
        self.queue.remove(trial.id)
        self.verdicts_due.setdefault(trial.id, (State.CANCELLED, reason))

    def _retry_asked(self, event: e.RetryAsked) -> None:
        trial = self._trial(event.trial)
        if event.request and event.request in self._requests:
            return
        self._requests.add(event.request)
        if trial is not None and trial.state.is_verdict:
            self.retries_due[trial.id] = None

    def _collection_asked(self, event: e.CollectionAsked) -> None:
        self.retention.wanted = True

    def _removal_asked(self, event: e.RemovalAsked) -> None:
        self.retention.begin(event)
        for trial in event.trials:
            self.trials[trial].removed = True

    def _room_short(self, event: e.RoomShort) -> None:
        self.short = event
        if self.rules.keep is not Keep.ALL:
            self.retention.wanted = True

    def _room_back(self, event: e.RoomBack) -> None:
        self.short = None

    def _stop_asked(self, event: e.StopAsked) -> None:
        self.stopping = event.reason
        self.search.end(e.SearchEnded(at=event.at, reason=event.reason))
        for trial in self.trials:
            self._cancel(trial, event.reason)

    def _trial(self, number: int) -> Trial | None:
        return self.trials[number] if 0 <= number < len(self.trials) else None

    def _set_state(self, trial: Trial, state: State) -> None:
        self.counts[trial.state] -= 1
        trial.state = state
        self.counts[state] += 1
