"""The controller's side of the tuner: calls return at once, answers come as events."""

from __future__ import annotations

import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from controller.core.events import (
    Concluded,
    Event,
    LastTrial,
    ProposalGivenUp,
    ProposalWithheld,
    Proposed,
    SearchEnded,
    StopAdvised,
    StopAsked,
    TunerReady,
)
from controller.tuners.calls import Call, Reports, parts
from controller.tuners.differences import conclusion_difference, difference
from controller.tuners.long_calls import LongCall, long_call
from controller.tuners.pipe import Answer, Pipe, TunerError
from heirloom.tuners.process.protocol import Declared, SavedState
from heirloom.tuners.registry import label

_T = TypeVar("_T")
_AHEAD = 1000  # calls of a replay that wait for their answers
EventCallback = Callable[[Sequence[Event]], None]


class TunerProcess:
    """Runs the tuner, and the assessor if there is one, in a process of their own.

    No call blocks. The process gets the calls one at a time, in order. Answers are posted as
    events, in a thread. If the tuner raises, exits or is killed, one `SearchEnded(error=True)` is
    posted, and later calls have no effect. If one of the two has NNI's interface, StopAsked
    follows, which ends the trials.

    Args:
        setup: the arguments of the first call (heirloom.tuners.process.protocol.Setup).
        log: the file that the tuner's prints and tracebacks are appended to.
        post: takes events, in a thread of this object.
        python: the interpreter that runs the process, 3.9 or newer.

    Raises TunerError if the process cannot be started.
    """

    def __init__(
        self,
        setup: Mapping[str, Any],
        log: Path,
        post: EventCallback,
        python: str = sys.executable,
    ) -> None:
        self._post = post
        self._finished = False
        self._advised: set[tuple[int, int]] = set()
        choices = (setup["tuner"], setup["assessor"] or {})
        self._has_assessor = bool(setup["assessor"])
        self._has_nni = [choice.get("interface") == "nni" for choice in choices]
        self.long_calls: Sequence[LongCall] = ()
        self._sent = self._assessed_count = 0  # reports; each is changed by one thread
        tuner = label("tuner", setup["tuner"])
        self._pipe = Pipe(tuner, setup["seed"], log, self._fail, self._take_notice, python)
        self._ready = self._pipe.ask("setup", **setup)

    def wait_ready(self, timeout: float | None = None) -> Declared:
        """Wait for the tuner's constructor, and return what the tuner declares about itself.

        Raises TunerError if the constructor fails, TimeoutError if it is late.
        """
        declared: Declared = self._ready.result(timeout)["ok"]
        return declared

    def propose(self, trial: int, room: int = 1) -> None:
        """Request a proposal. Posts Proposed, ProposalWithheld or SearchEnded.

        `room` is the number of trials that may be proposed now, this one included.
        """
        answer = self._pipe.ask("propose", trial=trial, room=room)
        self._when(answer, lambda got: self._proposed(trial, got))

    def observe(self, result: Mapping[str, Any]) -> None:
        """Report a trial's end, with the fields of `tuners.Result`. May post SearchEnded."""
        self._when(self._pipe.ask("observe", result=result), self._end_if_finished)

    def conclude(self) -> None:
        """Request the last trials of the search. Posts Concluded."""
        self._when(self._pipe.ask("conclude"), self._concluded)

    def under_way(self, count: int) -> None:
        """Report the number of trials without a verdict to a tuner with NNI's interface."""
        if self._has_nni[0]:
            self._pipe.ask("under_way", count=count)

    def report(self, trial: int, number: int, reports: Reports) -> None:
        """Pass an attempt's reports on to the assessor. May post StopAdvised, once an attempt."""
        self._sent += len(reports)
        for part in parts(reports):
            answer = self._ask_about(trial, number, part)
            take = partial(self._assessed_part, trial, number, len(part))
            self._when(answer, take)

    def continued(self, trial: int, number: int, source: int, step: int) -> None:
        """Tell the assessor that an attempt continues an earlier one after a step."""
        self._ask_to_continue(trial, number, source, step)

    @property
    def unassessed(self) -> int:
        """Reports that were passed on and that the assessor has not answered."""
        return self._sent - self._assessed_count

    def may_be_parent(self, trials: Sequence[int]) -> Future[dict[int, bool]]:
        """Ask whether each trial may still be named as a parent. The future may get TunerError."""
        may: Future[dict[int, bool]] = Future()
        asked = self._pipe.ask("may_be_parent", trials=list(trials))
        _pass_on(asked, may, lambda answer: dict(zip(trials, answer["ok"], strict=True)))
        return may

    def state(self) -> Future[SavedState]:
        """Request the tuner's state, which says why if it has none. It may get TunerError."""
        state: Future[SavedState] = Future()
        _pass_on(self._pipe.ask("state"), state, lambda answer: answer["ok"])
        return state

    def load_state(self, saved: SavedState) -> str:
        """Let the tuner go on from a state, in place of `replay`; return why it cannot, or empty.

        Use it before any other call. It blocks until the tuner has answered. A process that cannot
        go on from a state is of no use any more. Raises TunerError if it fails.
        """
        answer: str = self._pipe.ask("load_state", saved=saved).result()["ok"]
        return answer

    def replay(self, calls: Iterable[Call]) -> list[str]:
        """Repeat the journaled calls in order; return a line for each answer that is different now.

        Use it before any other call. It blocks until the tuner has answered. Nothing is posted
        unless the tuner fails. The journaled answers are valid, and later results refer to them. A
        request that was never answered is not repeated: make it again. A tuner with NNI's interface
        gets no calls, because `setup` contains what it needs; only its assessor gets them.
        """
        if self._has_nni[0]:
            calls = (call for call in calls if call[0] != "propose" and self._has_assessor)
        differences: list[str] = []
        for answer, call in self._repeated(calls):
            try:
                got = answer.result()
            except TunerError as error:
                return [*differences, str(error)]
            if call[0] == "propose":
                differences += difference(call[1], call[2], got)
            elif call[0] == "conclude":
                differences += conclusion_difference(call[1], got)
        return differences

    def close(self, timeout: float) -> None:
        """Wait for the pending answers, within `timeout` seconds, and end the process."""
        self._pipe.close(timeout)

    def _repeated(self, calls: Iterable[Call]) -> Iterator[tuple[Future[Answer], Call]]:
        """Repeat calls, some of them ahead of the answer that is waited for."""
        pending: deque[tuple[Future[Answer], Call]] = deque()
        for call in calls:
            pending.append((self._repeat(call), call))
            if len(pending) == _AHEAD:
                yield pending.popleft()
        yield from pending

    def _repeat(self, call: Call) -> Future[Answer]:
        if call[0] == "propose":
            return self._pipe.ask("propose", trial=call[1])
        if call[0] == "observe":
            return self._pipe.ask("observe", result=call[1], replay=True)
        if call[0] == "may_be_parent":
            return self._pipe.ask("may_be_parent", trials=list(call[1]))
        if call[0] == "conclude":
            return self._pipe.ask("conclude")
        if call[0] == "continued":
            return self._ask_to_continue(*call[1:])
        _, trial, number, reports = call
        answers = [self._ask_about(trial, number, part, replay=True) for part in parts(reports)]
        return answers[-1]

    def _ask_about(self, trial: int, number: int, reports: Reports, **more: bool) -> Future[Answer]:
        return self._pipe.ask("report", trial=trial, number=number, reports=reports, **more)

    def _ask_to_continue(self, trial: int, number: int, source: int, step: int) -> Future[Answer]:
        return self._pipe.ask("continued", trial=trial, number=number, source=source, step=step)

    def _fail(self, error: TunerError) -> None:
        reason, now = str(error), time.time()
        ended = SearchEnded(at=now, reason=reason, error=True, traceback=error.traceback)
        stop = StopAsked(at=now, reason=reason.partition("; full output")[0])
        self._post([ended, stop] if any(self._has_nni) else [ended])

    def _take_notice(self, notice: Answer) -> None:
        """Take a message that answers no call. Only NNI's interface sends some."""
        match notice:
            case {"ready": True}:
                self._post([TunerReady(at=time.time())])
            case {"given_up": {"parameter_id": parameter_id, "reason": reason}}:
                given_up = ProposalGivenUp(at=time.time(), token=parameter_id, reason=reason)
                self._post([given_up])
            case {"hopeless": {"trial": trial, "number": number, "step": step}}:
                if advice := self._assessed(trial, number, step):
                    self._post(advice)
            case {"long_calls": [*calls]}:
                self.long_calls = [long_call(call) for call in calls]

    def _when(self, answer: Future[Answer], handle: Callable[[Answer], list[Event]]) -> None:
        """Post the events that follow from an answer. `_fail` reports a tuner that failed."""

        def run(answered: Future[Answer]) -> None:
            if answered.exception() is None and (events := handle(answered.result())):
                self._post(events)

        answer.add_done_callback(run)

    def _proposed(self, trial: int, answer: Answer) -> list[Event]:
        if "finished" in answer:
            return self._end_if_finished(answer)
        proposal = answer["ok"]
        if proposal is None or "coming" in proposal:
            return [ProposalWithheld(at=time.time(), trial=trial, coming=proposal is not None)]
        return [
            Proposed(
                at=time.time(),
                trial=trial,
                params=proposal["params"],
                parents=tuple(proposal["parents"]),
                token=proposal.get("parameter_id"),
                candidate=proposal.get("candidate", True),
            )
        ]

    def _concluded(self, answer: Answer) -> list[Event]:
        """A tuner that raises SearchFinished has no last trials."""
        trials = tuple(
            LastTrial(
                proposal["params"], tuple(proposal["parents"]), proposal.get("candidate", True)
            )
            for proposal in answer.get("ok", ())
        )
        return [Concluded(at=time.time(), trials=trials)]

    def _end_if_finished(self, answer: Answer) -> list[Event]:
        if "finished" not in answer or self._finished:
            return []
        self._finished = True
        return [SearchEnded(at=time.time(), reason=answer["finished"])]

    def _assessed_part(self, trial: int, number: int, count: int, answer: Answer) -> list[Event]:
        self._assessed_count += count
        return self._assessed(trial, number, answer["ok"])

    def _assessed(self, trial: int, number: int, step: int | None) -> list[Event]:
        """`step` is that of the report after which the trial should stop."""
        if step is None or (trial, number) in self._advised:
            return []
        self._advised.add((trial, number))
        reason = f"the assessor called it hopeless at step {step}"
        return [StopAdvised(at=time.time(), trial=trial, number=number, reason=reason)]


def _pass_on(answer: Future[Answer], to: Future[_T], read: Callable[[Answer], _T]) -> None:
    """Give a future what an answer says, or its error."""

    def run(answered: Future[Answer]) -> None:
        error = answered.exception()
        if error is not None:
            to.set_exception(error)
        else:
            to.set_result(read(answered.result()))

    answer.add_done_callback(run)
