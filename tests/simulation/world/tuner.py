"""A tuner that may be slow, silent, wrong or broken, or a real one; and the inbox for requests."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

from controller.core import events as e
from controller.tuners.calls import no_state
from controller.tuners.long_calls import LongCall
from controller.tuners.pipe import TunerError
from tests.simulation.world.candidates import is_candidate

if TYPE_CHECKING:
    from controller.core.experiment import Experiment
    from controller.state.journal import Journal
    from heirloom.tuners.process.protocol import SavedState
    from tests.simulation.world.lab import Lab

_SILENT = 900.0  # seconds


class SimulatedTuner:
    """Has the interface of the tuner's process. Its answers are random, or those of a real tuner.

    A real tuner goes on from what `journal`, which leads to `experiment`, holds of it.
    """

    def __init__(
        self,
        lab: Lab,
        post: Callable[[Sequence[e.Event]], None],
        journal: Journal,
        experiment: Experiment,
    ) -> None:
        self._lab, self._post = lab, post
        self._method = lab.methods.start(journal, experiment)
        self._closed = False
        self.long_calls: Sequence[LongCall] = ()
        self.unassessed = 0
        self._advised: set[tuple[int, int]] = set()
        self._broken = False
        self._busy_until = 0.0  # calls are answered in order
        self.ruled_out = {  # trials that it will not name as parents, before a resume as well
            trial
            for event in lab.disk.promised
            if isinstance(event, e.ParentsAnswered)
            for trial in set(event.trials) - set(event.possible)
        }

    def propose(self, trial: int, room: int = 1) -> None:
        """Propose a trial after a while."""
        assert room >= 1
        self._lab.control.may_die()
        faults, rng = self._lab.faults, self._lab.rng
        seconds = rng.uniform(0.0, 0.3)
        if faults.occurs("tuner slow"):
            seconds = rng.uniform(1.0, 90.0)
        if faults.occurs("tuner silent"):
            seconds = _SILENT
        if self._method is None:
            self._in_turn(seconds, lambda: self._answer(trial))
        else:
            answer = self._method.answer(trial)
            self._in_turn(seconds, lambda: self._post([answer(self._lab.wall())]))

    def may_be_parent(self, trials: Sequence[int]) -> Future[dict[int, bool]]:
        """Answer which of these trials it may still name."""
        self._lab.control.may_die()
        answer: Future[dict[int, bool]] = Future()
        seconds = 90.0 if self._lab.faults.occurs("tuner slow") else 0.1
        self._in_turn(
            seconds * self._lab.rng.random(), lambda: self._answer_parents(trials, answer)
        )
        return answer

    def under_way(self, count: int) -> None:
        """Receive the number of open trials."""
        assert count >= 0

    def observe(self, result: dict[str, Any]) -> None:
        """Receive a trial's result."""
        self._lab.control.may_die()
        self._lab.rules.observed(result)
        if self._method is not None:
            self._method.observe(result)

    def continued(self, trial: int, number: int, source: int, step: int) -> None:
        """Hear of an attempt that continues an earlier one."""
        assert source < number

    def conclude(self) -> None:
        """Propose the last trials after a while."""
        self._lab.control.may_die()
        rng = self._lab.lineage_rng
        if self._method is not None and self._lab.methods.has_chain:
            last = tuple(self._method.conclude())
            at = self._lab.wall()
            self._in_turn(1.0, lambda: self._post([e.Concluded(at=at, trials=last)]))
            return
        ids = range(len(self._lab.rules.verdicts))
        able = [trial for trial in ids if trial not in self.ruled_out]
        trials = tuple(
            _last_trial(
                self._lab.candidates.marked({"x": rng.random(), "y": "'; rm -rf / #"}),
                rng.sample(able, min(len(able), rng.choice([0, 1]))),
            )
            for _ in range(rng.randint(0, 2))
        )
        at = self._lab.wall()
        self._in_turn(
            rng.uniform(0.0, 90.0), lambda: self._post([e.Concluded(at=at, trials=trials)])
        )

    def report(self, trial: int, number: int, reports: Sequence[tuple[int, Any]]) -> None:
        """Assess a report."""
        if (trial, number) in self._advised or not self._lab.faults.occurs("assessor stops"):
            return
        self._advised.add((trial, number))
        advice = e.StopAdvised(
            at=self._lab.wall(), trial=trial, number=number, reason="advised by the assessor"
        )
        self._later(0.1, lambda: self._post([advice]))

    def state(self) -> Future[SavedState]:
        """The state of a real tuner, at once or later."""
        if self._method is None:
            return no_state()
        answer: Future[SavedState] = Future()
        saved = self._method.saved()
        if self._lab.methods.answers_at_once():
            answer.set_result(saved)
        else:
            self._later(1.0, lambda: answer.set_result(saved))
        return answer

    def close(self, timeout: float) -> None:
        """Close the tuner."""
        self._closed = True
        self._lab.methods.ended(self._method)

    def _in_turn(self, seconds: float, work: Callable[[], None]) -> None:
        self._busy_until = max(self._busy_until, self._lab.schedule.now) + seconds
        self._later(self._busy_until - self._lab.schedule.now, work)

    def _answer_parents(self, trials: Sequence[int], answer: Future[dict[int, bool]]) -> None:
        if self._broken or self._lab.faults.occurs("tuner cannot answer"):
            answer.set_exception(TunerError("ValueError"))
            return
        if self._method is None:
            self.ruled_out |= {trial for trial in trials if self._lab.rng.random() < 0.6}
        else:
            may = self._method.tuner.may_be_parent
            self.ruled_out |= {trial for trial in trials if not may(trial)}
        answer.set_result({trial: trial not in self.ruled_out for trial in trials})

    def _later(self, seconds: float, work: Callable[[], None]) -> None:
        self._lab.schedule.after(seconds, lambda: None if self._closed else work())

    def _answer(self, trial: int) -> None:
        faults, rng, at = self._lab.faults, self._lab.rng, self._lab.wall()
        if faults.occurs("tuner throws"):
            self._broken = True
            self._post([e.SearchEnded(at=at, reason="the tuner broke: ValueError", error=True)])
            return
        if faults.occurs("tuner withholds"):
            coming = rng.random() < 0.5
            self._post([e.ProposalWithheld(at=at, trial=trial, coming=coming)])
            if coming:
                ready = e.TunerReady(at=at)
                self._later(rng.uniform(0.0, 90.0), lambda: self._post([ready]))
            return
        able = list(range(trial))
        if not faults.occurs("tuner names ruled out parents"):
            able = [number for number in able if number not in self.ruled_out]
        parents = rng.sample(able, min(len(able), rng.choice([0, 1, 1, 1, 2])))
        if faults.occurs("tuner names unknown parents"):
            parents.append(trial + rng.randrange(3))
        params = self._lab.candidates.marked({"x": rng.random(), "y": "'; rm -rf / #"})
        proposed = e.Proposed(
            at=at,
            trial=trial,
            params=params,
            parents=tuple(parents),
            candidate=is_candidate(params),
        )
        self._post([proposed])


def _last_trial(params: dict[str, Any], parents: Sequence[int]) -> e.LastTrial:
    return e.LastTrial(params, tuple(parents), is_candidate(params))


class SimulatedInbox:
    """Has the interface of `controller.state.inbox`. Requests outlive the controller."""

    def __init__(self) -> None:
        self._requests: dict[str, dict[str, Any]] = {}
        self._handed_out: set[str] = set()
        self._sent = 0

    def send(self, request: dict[str, Any]) -> None:
        """Add a request."""
        self._sent += 1
        self._requests[f"{self._sent:06d}.json"] = request

    def receive(self) -> list[tuple[str, dict[str, Any]]]:
        """The requests that were not received yet."""
        found = [item for item in self._requests.items() if item[0] not in self._handed_out]
        self._handed_out.update(name for name, _ in found)
        return found

    def done(self, name: str) -> None:
        """Remove a request that is journaled."""
        self._requests.pop(name, None)

    def reopen(self) -> None:
        """Hand out all requests again, to another controller."""
        self._handed_out.clear()
