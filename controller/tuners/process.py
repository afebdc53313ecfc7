"""The controller's side of the tuner: calls return at once, events come later."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any, Literal

from controller.core.events import Event, ProposalWithheld, Proposed, SearchEnded, StopAdvised
from controller.tuners.pipe import Answer, Pipe, TunerError
from controller.tuners.registry import label

Post = Callable[[Sequence[Event]], None]
Call = (
    tuple[Literal["propose"], int, Proposed | ProposalWithheld | SearchEnded]
    | tuple[Literal["observe"], Mapping[str, Any]]
    | tuple[Literal["report"], int, int, Any, int]  # trial, step, value, number of the attempt
)


class TunerProcess:
    """Runs the tuner, and the assessor if there is one, in a process of their own.

    No call blocks, however long the tuner thinks; calls reach it one at a time, in order. Answers
    are posted as events, by a thread. If the tuner raises, exits or is killed, one
    `SearchEnded(error=True)` says so, and calls from then on go nowhere.

    Args:
        setup: what to make, in JSON: `{tuner: {name | class, code_dir, args}, assessor: likewise
            or None, space, seed, maximize}`.
        log: the file that the tuner's prints and tracebacks are appended to.
        post: takes events, in a thread of this object.
    """

    def __init__(self, setup: Mapping[str, Any], log: Path, post: Post) -> None:
        self._post = post
        self._finished = False
        self._advised: set[tuple[int, int]] = set()
        self._pipe = Pipe(label("tuner", setup["tuner"]), setup["seed"], log, self._broke)
        self._ready = self._pipe.ask("setup", **setup)

    def wait_ready(self, timeout: float | None = None) -> None:
        """Wait until the tuner is made. Raises TunerError if it can't be, TimeoutError if late."""
        self._ready.result(timeout)

    def propose(self, trial: int) -> None:
        """Ask for a trial. Posts Proposed, ProposalWithheld or SearchEnded."""
        answer = self._pipe.ask("propose", trial=trial)
        self._when(answer, lambda got: self._proposed(trial, got))

    def observe(self, result: Mapping[str, Any]) -> None:
        """Tell of a trial's end, in the fields of `tuners.Result`. May post SearchEnded."""
        self._when(self._pipe.ask("observe", result=result), self._end_if_finished)

    def report(self, trial: int, step: int, value: Any, number: int = 1) -> None:
        """Tell the assessor of a report by a trial's attempt. May post StopAdvised, once each."""
        answer = self._pipe.ask("report", trial=trial, step=step, value=value, number=number)
        self._when(answer, lambda got: self._assessed(trial, step, number, got))

    def may_be_parent(self, trials: Sequence[int]) -> Future[dict[int, bool]]:
        """Whether each trial may still be named as a parent. TunerError if nobody can say."""
        said: Future[dict[int, bool]] = Future()

        def pass_on(answered: Future[Answer]) -> None:
            error = answered.exception()
            if error is not None:
                said.set_exception(error)
            else:
                said.set_result(dict(zip(trials, answered.result()["ok"], strict=True)))

        self._pipe.ask("may_be_parent", trials=list(trials)).add_done_callback(pass_on)
        return said

    def replay(self, calls: Iterable[Call]) -> list[str]:
        """Repeat journaled calls, in order, and say in words where the tuner now answers otherwise.

        To be used before any other call; it blocks until the tuner has answered. Nothing is
        posted, unless the tuner breaks. A proposal that was asked for and never answered is not
        replayed: ask for it anew. The journaled answers stand, and the results that the tuner
        observes carry them.
        """
        asked = [(self._repeat(call), call) for call in calls]
        differences: list[str] = []
        for answer, call in asked:
            try:
                got = answer.result()
            except TunerError as error:
                return [*differences, str(error)]
            if call[0] == "propose":
                differences += _difference(call[1], call[2], got)
        return differences

    def close(self, timeout: float) -> None:
        """Let the tuner finish what it was asked, at most `timeout` seconds, and end it."""
        self._pipe.close(timeout)

    def _repeat(self, call: Call) -> Future[Answer]:
        if call[0] == "propose":
            return self._pipe.ask("propose", trial=call[1])
        if call[0] == "observe":
            return self._pipe.ask("observe", result=call[1])
        _, trial, step, value, number = call
        return self._pipe.ask("report", trial=trial, step=step, value=value, number=number)

    def _broke(self, words: str) -> None:
        self._post([SearchEnded(at=time.time(), reason=words, error=True)])

    def _when(self, answer: Future[Answer], handle: Callable[[Answer], list[Event]]) -> None:
        """Post what follows from an answer. Of a tuner that broke, `_broke` tells."""

        def run(answered: Future[Answer]) -> None:
            if answered.exception() is None and (events := handle(answered.result())):
                self._post(events)

        answer.add_done_callback(run)

    def _proposed(self, trial: int, answer: Answer) -> list[Event]:
        if "finished" in answer:
            return self._end_if_finished(answer)
        proposal = answer["ok"]
        if proposal is None:
            return [ProposalWithheld(at=time.time(), trial=trial)]
        params, parents = proposal["params"], tuple(proposal["parents"])
        return [Proposed(at=time.time(), trial=trial, params=params, parents=parents)]

    def _end_if_finished(self, answer: Answer) -> list[Event]:
        if "finished" not in answer or self._finished:
            return []
        self._finished = True
        return [SearchEnded(at=time.time(), reason=answer["finished"])]

    def _assessed(self, trial: int, step: int, number: int, answer: Answer) -> list[Event]:
        if answer["ok"] or (trial, number) in self._advised:
            return []
        self._advised.add((trial, number))
        reason = f"the assessor called it hopeless at step {step}"
        return [StopAdvised(at=time.time(), trial=trial, number=number, reason=reason)]


def _difference(
    trial: int, journaled: Proposed | ProposalWithheld | SearchEnded, answer: Answer
) -> list[str]:
    before: Answer
    if isinstance(journaled, Proposed):
        plain = {"params": dict(journaled.params), "parents": list(journaled.parents)}
        before = {"ok": json.loads(json.dumps(plain))}
    elif isinstance(journaled, ProposalWithheld):
        before = {"ok": None}
    else:
        before = {"finished": journaled.reason}
    now, then = _words(answer), _words(before)
    if now == then:
        return []
    return [f"trial {trial}: the tuner now {now}; the journal says it {then}, and that stands"]


def _words(answer: Answer) -> str:
    if "finished" in answer:
        return "ends the search"
    if answer["ok"] is None:
        return "has nothing to propose"
    params = json.dumps(answer["ok"]["params"], sort_keys=True)
    return f"proposes {params} with parents {answer['ok']['parents']}"
