"""The calls of the tuner that a journal holds, which a resume repeats."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from controller import config as configs
from controller.core import events as e
from controller.core.experiment import Experiment
from controller.state.journal import Journal
from controller.tuners.calls import Call
from controller.tuners.results import result_of

_CALLS = (
    e.Opened,
    e.ProposalAsked,
    e.Proposed,
    e.ProposalWithheld,
    e.ParentsAsked,
    e.ParentsAnswered,
    e.ConclusionAsked,
    e.Concluded,
    e.ResultSent,
    e.SearchEnded,
)
_REPORTS = (e.Reported, e.ReportedMany, e.ContinuedFrom)  # for the assessor
_Question = tuple[str, int]


class Questions:
    """The calls that the tuner has not answered, since a controller opened the experiment."""

    def __init__(self) -> None:
        self._open: dict[_Question, deque[int]] = {}
        self._ended: set[_Question] = set()  # the tuner may have ended the search as the answer
        self._is_one_lost = False  # whether a call was made again that got no answer

    def take(self, event: e.Event, position: int = 0) -> int | None:
        """Note an event, and the position of a call that it asks for.

        Returns the position of the call that the event answers, None if it answers none.
        """
        if isinstance(event, e.Opened):
            self._open.clear()  # another process gets the calls
            self._ended.clear()
            self._is_one_lost = False
        if isinstance(event, e.SearchEnded) and not event.exhausted:
            self._ended = {question for question in self._open if question[0] == "propose"}
        if asked := _asked(event):
            if asked in self._ended and asked in self._open:
                del self._open[asked]
                self._is_one_lost = True
            self._ended.discard(asked)
            self._open.setdefault(asked, deque()).append(position)
        answered = _answered(event)
        if answered not in self._open:
            return None
        positions = self._open[answered]
        found = positions.popleft()
        if not positions:
            del self._open[answered]
        return found

    @property
    def are_answered(self) -> bool:
        """Whether every call was answered."""
        return not (self._open or self._is_one_lost)


def calls(
    config: configs.Experiment, journal: Journal, experiment: Experiment, after: int = 0
) -> Iterator[Call]:
    """The calls that events after the number `after` asked for, in the order of the calls.

    Calls that the tuner never answered are left out. `experiment`: the state that the journal leads
    to. Raises JournalError.
    """
    for call in _found(journal, after, has_assessor=config.assessor is not None):
        if isinstance(call, int):
            yield "observe", result_of(experiment.trials[call], config.objectives)
        elif call is not None:
            yield call


def _found(journal: Journal, after: int, *, has_assessor: bool) -> list[Call | int | None]:
    """The calls. A number is a trial whose result was observed, and None was never answered."""
    found: list[Call | int | None] = []
    questions = Questions()
    for _, event in journal.read(after, (*_CALLS, *_REPORTS) if has_assessor else _CALLS):
        answered = questions.take(event, len(found))
        match event:
            case e.ProposalAsked() | e.ParentsAsked() | e.ConclusionAsked():
                found.append(None)
            case e.Proposed() | e.ProposalWithheld() if answered is not None:
                found[answered] = ("propose", event.trial, event)
            case e.ParentsAnswered() if answered is not None:
                found[answered] = ("may_be_parent", event.trials)
            case e.Concluded() if answered is not None:
                found[answered] = ("conclude", event)
            case e.ResultSent():
                found.append(event.trial)
            case e.ContinuedFrom() if has_assessor:
                found.append(("continued", event.trial, event.number, event.source, event.step))
            case e.Reported() | e.ReportedMany() if has_assessor:
                found.append(("reports", event.trial, event.number, event.reports))
    return found


def _asked(event: e.Event) -> _Question | None:
    match event:
        case e.ProposalAsked():
            return "propose", event.trial
        case e.ParentsAsked():
            return "may_be_parent", 0
        case e.ConclusionAsked():
            return "conclude", 0
    return None


def _answered(event: e.Event) -> _Question | None:
    match event:
        case e.Proposed(retry_of=None, concludes=False) | e.ProposalWithheld():
            return "propose", event.trial
        case e.ParentsAnswered():
            return "may_be_parent", 0
        case e.Concluded():
            return "conclude", 0
    return None
