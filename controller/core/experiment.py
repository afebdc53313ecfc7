"""The experiment as a state machine: `apply` takes every event, and nothing else changes it.

Replaying a journal means applying its events in order. `Decisions` (decisions.py) reads the
state and decides what to do next; a decision is an event as well, so a replay decides nothing.
Applying an event twice, or late, is harmless: messages may arrive twice, and an attempt that was
given up may still commit.
"""

from __future__ import annotations

from typing import assert_never

from controller.core import events as e
from controller.core.model import AlikeFailures, Keep
from controller.core.search import Search
from controller.core.state import ExperimentState
from controller.core.transitions import attempts, budget, imports, nodes, proposals, verdicts


class Experiment(ExperimentState):
    """The state of an experiment, with the one method that changes it."""

    # One case an event: mypy checks that none is missing, and a table of functions would not.
    def apply(self, event: e.Event) -> None:  # noqa: C901, PLR0912, PLR0915 - see above
        """Take one event."""
        match event:  # the most frequent ones first
            case e.ProposalAsked():
                self.search.ask(event.trial, event.at)
                self.conclusion.reset()  # there is room again: the clock was put back
            case e.Proposed():
                proposals.proposed(self, event)
            case e.Placed():
                attempts.placed(self, event)
            case e.Armed():
                attempts.armed(self, event)
            case e.Preparing():
                attempts.preparing(self, event)
            case e.Prepared():
                attempts.prepared(self, event)
            case e.Began():
                attempts.began(self, event)
            case e.ContinuedFrom():
                attempts.continued_from(self, event)
            case e.Reported() | e.ReportedMany():
                attempts.reported(self, event)
            case e.Ended():
                attempts.ended(self, event)
            case e.VerdictSeen():
                verdicts.seen(self, event)
            case e.ResultSent():
                self.commands.results.done(event.trial)
                self.search.resume()
            case e.CheckAsked():
                self.commands.checks.issue(event.trial, None)
            case e.NoVerdict():
                verdicts.not_found(self, event)
            case e.VerdictAsked():
                verdicts.asked(self, event)
            case e.EndAsked():
                attempts.end_asked(self, event)
            case e.StopAdvised():
                attempts.stop_advised(self, event)
            case e.ProposalWithheld():
                self.search.withhold(coming=event.coming)
            case e.TunerReady():
                self.search.ready()
            case e.ProposalGivenUp():
                pass  # only the tuner's own numbers depend on it (engine/continuation/replay.py)
            case e.TunerDeclared():
                self._declare(event)
            case e.ConclusionAsked():
                self.conclusion.ask()
            case e.Concluded():
                self.conclusion.answer(event.trials)
            case e.SearchEnded():
                self.search.end(event)
            case e.ParentsAsked():
                self.gc.asked = True
            case e.ParentsAnswered():
                self.gc.answer(event)
            case e.RemovalAsked():
                self._remove(event)
            case e.Removed():
                self.gc.end(event)
                self.checkpoints.forget(event.attempts)
            case e.CheckpointsRemovalAsked():
                self.checkpoints.begin_removal(event)
            case e.CheckpointsRemoved():
                self.checkpoints.end_removal(event)
            case e.GcAsked():
                self.gc.wanted = True
            case e.RoomShort():
                self.short = event
                self.gc.wanted = self.gc.wanted or self.rules.keep is not Keep.ALL
            case e.RoomBack():
                self.short = None
            case e.NodesFound():
                self.placement.set_nodes(event.nodes)
                self.chosen_slots = event.slots
            case e.NodeDown():
                self.placement.set_down(event.node, event.reason)
            case e.NodeUp():
                nodes.up(self, event)
            case e.NodeSetAside():
                nodes.set_aside(self, event)
            case e.CancelAsked():
                verdicts.cancel_asked(self, event)
            case e.RetryAsked():
                proposals.retry_asked(self, event)
            case e.Created():
                self.created = event
            case e.Opened():
                self._open(event)
            case e.ControllerAlive():
                pass  # it moves `last_at`
            case e.Paused():
                self.paused = event
            case e.Continued():
                self._continue(event)
            case e.BudgetExtended():
                budget.extended(self, event)
            case e.ImportAsked():
                self.imports = self.imports or event
            case e.Imported():
                imports.imported(self, event)
            case e.StopAsked():
                self._stop(event)
            case e.Closed():
                self.spent = self.elapsed(event.at)
                self.closed = event
            case _:
                assert_never(event)
        self.last_at = event.at

    def _open(self, event: e.Opened) -> None:
        if self.opened_at is not None and self.closed is None:
            self.spent += max(0.0, self.last_at - self.opened_at)
        self.opened_at = event.at
        self.started_at = event.at if self.started_at is None else self.started_at
        over = None if self.proposals_possible else self.search.over
        self.stopping = self.closed = self.short = self.paused = None
        self.alike = AlikeFailures()
        self.keep_going = event.keep_going
        self.search = Search()  # the earlier tuner process is gone: a new one is asked again
        self.search.over = over  # unless the search had come to its own end
        self.conclusion.reopen()
        self.placement.set_lookahead(self.rules.lookahead)
        budget.reopen_if_room(self, event.at)
        self.gc.reopen()
        self.checkpoints.refused = None

    def _declare(self, event: e.TunerDeclared) -> None:
        self.conclusion.possible = event.concludes
        if self.rules.lookahead is None:
            self.placement.set_lookahead(event.lookahead)

    def _continue(self, event: e.Continued) -> None:
        if self.paused is not None and self.opened_at is not None:
            self.spent = self.elapsed(event.at)
            self.opened_at = event.at
        self.paused = None
        self.alike = AlikeFailures()

    def _stop(self, event: e.StopAsked) -> None:
        self.paused = None
        self.stopping = event.reason
        self.search.end(e.SearchEnded(at=event.at, reason=event.reason))
        if self.conclusion.due or any(
            not self.trials[trial].state.is_verdict for trial in self.conclusion.trials
        ):
            self.conclusion.reset()  # a resume asks for the last trials again
        for trial in self.trials:
            verdicts.cancel(self, trial, event.reason)

    def _remove(self, event: e.RemovalAsked) -> None:
        self.gc.begin(event)
        if not self.proposals_possible:
            self.gc.removed_at_end.update(event.trials)
        for trial in event.trials:
            self.trials[trial].removed = True
            self.touched.add(trial)
            self.standing.pop(trial, None)
