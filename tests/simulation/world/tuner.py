"""A tuner that is slow, silent, wrong or broken, and a person with wishes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

from controller.core import events as e
from controller.tuners.pipe import TunerError
from controller.tuners.process import LongCall

if TYPE_CHECKING:
    from tests.simulation.world.lab import Lab

_SILENCE = 900.0  # seconds


class SimulatedTuner:
    """Looks to the loop as the tuner's process does. What it says is chance."""

    def __init__(self, lab: Lab, post: Callable[[Sequence[e.Event]], None]) -> None:
        self._lab, self._post = lab, post
        self._closed = False
        self.long_calls: Sequence[LongCall] = ()
        self._advised: set[tuple[int, int]] = set()
        self._broken = False
        self._busy_until = 0.0  # it answers in the order of its calls
        self.disowned = {  # whom it will not name as parents; what it said before, it repeats
            trial
            for event in lab.disk.promised
            if isinstance(event, e.ParentsAnswered)
            for trial in set(event.trials) - set(event.possible)
        }

    def propose(self, trial: int, room: int = 1) -> None:
        """Think about a trial."""
        assert room >= 1
        self._lab.control.may_die()
        weather, rng = self._lab.weather, self._lab.rng
        seconds = rng.uniform(0.0, 0.3)
        if weather.strikes("tuner slow"):
            seconds = rng.uniform(1.0, 90.0)
        if weather.strikes("tuner silent"):
            seconds = _SILENCE
        self._in_turn(seconds, lambda: self._answer(trial))

    def may_be_parent(self, trials: Sequence[int]) -> Future[dict[int, bool]]:
        """Say which of these trials it may yet name."""
        self._lab.control.may_die()
        answer: Future[dict[int, bool]] = Future()
        seconds = 90.0 if self._lab.weather.strikes("tuner slow") else 0.1
        self._in_turn(seconds * self._lab.rng.random(), lambda: self._say(trials, answer))
        return answer

    def under_way(self, count: int) -> None:
        """Hear of how many trials have no verdict."""
        assert count >= 0

    def observe(self, result: dict[str, Any]) -> None:
        """Hear of a trial's end."""
        self._lab.control.may_die()
        self._lab.rules.told(result)

    def report(self, trial: int, step: int, value: Any, number: int = 1) -> None:
        """Judge a report."""
        if (trial, number) in self._advised or not self._lab.weather.strikes("assessor stops"):
            return
        self._advised.add((trial, number))
        advice = e.StopAdvised(
            at=self._lab.wall(), trial=trial, number=number, reason="hopeless, says the assessor"
        )
        self._later(0.1, lambda: self._post([advice]))

    def close(self, timeout: float) -> None:
        """End it."""
        self._closed = True

    def _in_turn(self, seconds: float, work: Callable[[], None]) -> None:
        self._busy_until = max(self._busy_until, self._lab.schedule.now) + seconds
        self._later(self._busy_until - self._lab.schedule.now, work)

    def _say(self, trials: Sequence[int], answer: Future[dict[int, bool]]) -> None:
        if self._broken or self._lab.weather.strikes("tuner cannot say"):
            answer.set_exception(TunerError("ValueError"))
            return
        self.disowned |= {trial for trial in trials if self._lab.rng.random() < 0.6}
        answer.set_result({trial: trial not in self.disowned for trial in trials})

    def _later(self, seconds: float, work: Callable[[], None]) -> None:
        self._lab.schedule.after(seconds, lambda: None if self._closed else work())

    def _answer(self, trial: int) -> None:
        weather, rng, at = self._lab.weather, self._lab.rng, self._lab.wall()
        if weather.strikes("tuner throws"):
            self._broken = True
            self._post([e.SearchEnded(at=at, reason="the tuner broke: ValueError", error=True)])
            return
        if weather.strikes("tuner withholds"):
            coming = rng.random() < 0.5
            self._post([e.ProposalWithheld(at=at, trial=trial, coming=coming)])
            if coming:
                ready = e.TunerReady(at=at)
                self._later(rng.uniform(0.0, 90.0), lambda: self._post([ready]))
            return
        able = range(trial)
        if not weather.strikes("tuner breaks its word"):
            able = [number for number in able if number not in self.disowned]
        parents = rng.sample(able, min(len(able), rng.choice([0, 1, 1, 1, 2])))
        if weather.strikes("tuner names nonsense"):
            parents.append(trial + rng.randrange(3))
        params = {"x": rng.random(), "y": "'; rm -rf / #"}
        self._post([e.Proposed(at=at, trial=trial, params=params, parents=tuple(parents))])


class SimulatedInbox:
    """Looks to the loop as `controller.state.inbox` does; requests outlive the controller."""

    def __init__(self) -> None:
        self._requests: dict[str, dict[str, Any]] = {}
        self._handed_out: set[str] = set()
        self._sent = 0

    def send(self, request: dict[str, Any]) -> None:
        """Leave a request."""
        self._sent += 1
        self._requests[f"{self._sent:06d}.json"] = request

    def receive(self) -> list[tuple[str, dict[str, Any]]]:
        """Requests not handed out yet."""
        found = [item for item in self._requests.items() if item[0] not in self._handed_out]
        self._handed_out.update(name for name, _ in found)
        return found

    def done(self, name: str) -> None:
        """It is journaled."""
        self._requests.pop(name, None)

    def reopen(self) -> None:
        """Another controller reads it."""
        self._handed_out.clear()
