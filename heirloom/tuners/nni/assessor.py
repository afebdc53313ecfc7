"""A user's assessor with NNI's interface, in the tuner's process."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import Any

from nni.assessor import AssessResult

from .tuner import end


class NniAssessor:
    """Calls the methods of a subclass of `nni.assessor.Assessor` as NNI 1.2 does.

    They are called one at a time, in a thread of their own: an assessor that thinks, or hangs,
    keeps no proposal and no result waiting.

    Args:
        assessor: the user's, just made.
        experiment: the experiment's unique name, of which the trials' ids are made.
        hopeless: takes a trial that is called so, with its attempt's number and the step.
        broke: takes what a call raised, and the method's name.
    """

    def __init__(
        self,
        assessor: Any,
        *,
        experiment: str,
        hopeless: Callable[[int, int, int], None],
        broke: Callable[[BaseException, str], None],
    ) -> None:
        self.users = assessor
        self._experiment = experiment
        self._hopeless, self._broke = hopeless, broke
        self._acting = ""  # the method that is called
        self._histories: dict[int, tuple[int, dict[int, Any]]] = {}  # by trial: attempt, values
        self._tasks: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="nni-assessor", daemon=True)
        self._thread.start()

    def report(self, trial: int, number: int, step: int, value: Any, *, replay: bool) -> None:
        """A trial's attempt reported a value. `replay`: it was judged under another controller."""

        def assess() -> None:
            if self._histories.get(trial, (number,))[0] != number:
                del self._histories[trial]  # a further attempt starts anew
            values = self._histories.setdefault(trial, (number, {}))[1]
            values[step] = value
            if not replay and not self._is_good(trial, [values[key] for key in sorted(values)]):
                self._hopeless(trial, number, step)

        self._tasks.put(assess)

    def trial_end(self, trial: int, success: bool, *, replay: bool) -> None:
        """A trial ended."""

        def tell() -> None:
            if self._histories.pop(trial, None) is not None and not replay:
                self._acting = "trial_end"
                self.users.trial_end(self._job(trial), success)

        self._tasks.put(tell)

    def close(self, timeout: float) -> None:
        """Judge what was reported, at most for `timeout` seconds, and tell of the end."""
        self._tasks.put(None)
        self._thread.join(timeout)
        end(self.users, "_on_exit")

    def _is_good(self, trial: int, history: list[Any]) -> bool:
        self._acting = "assess_trial"
        answer = self.users.assess_trial(self._job(trial), history)
        if not isinstance(answer, (AssessResult, bool)):
            raise TypeError(
                f"assess_trial returned {answer!r}: it must be AssessResult.Good, "
                "AssessResult.Bad, True or False"
            )
        return answer if isinstance(answer, bool) else answer is AssessResult.Good

    def _job(self, trial: int) -> str:
        return f"{self._experiment}-{trial}"

    def _work(self) -> None:
        for task in iter(self._tasks.get, None):
            try:
                task()
            except BaseException as error:  # sys.exit() in a user's code included
                self._broke(error, self._acting)
                return
