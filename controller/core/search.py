"""The state of the exchange with the tuner."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from controller.core.events import LastTrial, SearchEnded

REJECTIONS = 10  # proposals rejected in a row after which the tuner counts as broken


class Search:
    """What was requested of the tuner and what it answered, since a controller opened."""

    def __init__(self) -> None:
        self.asked: int | None = None  # the trial for which a proposal is awaited
        self.asked_at = 0.0  # when the latest proposal was requested
        self.withheld = False  # the tuner proposes nothing until it knows more results
        self.coming = False  # the tuner is computing a proposal and will announce it
        self.over: SearchEnded | None = None
        self._rejections: list[str] = []  # reasons, of the latest proposals in a row
        self._has_news = False  # whether a result was sent since the last request

    def ask(self, trial: int, at: float) -> None:
        """A proposal was requested."""
        self.asked, self.asked_at = trial, at
        self._has_news = False

    def propose(self, trial: int, problem: str | None) -> None:
        """The tuner proposed a trial. It is rejected if there is a problem."""
        if trial == self.asked:
            self.asked = None
        self._rejections = [*self._rejections, problem] if problem else []

    def withhold(self, *, coming: bool) -> None:
        """The tuner proposed nothing. It is asked again at once if a result was sent meanwhile."""
        self.asked = None
        self.coming = coming
        self.withheld = not self._has_news

    def ready(self) -> None:
        """The announced proposal is there, or the tuner gave it up."""
        self.coming = False
        self.resume()

    def resume(self) -> None:
        """There is news for the tuner, so that it can be asked again."""
        self.withheld = False
        self._has_news = True

    def end(self, event: SearchEnded) -> None:
        """Request no further proposal. The first end stands."""
        self.over = self.over or event
        self.asked = None

    def reopen(self) -> None:
        """Proposals are requested again: the budget has room, or was extended."""
        self.over = None
        self.withheld = False

    @property
    def broken(self) -> str | None:
        """Why the tuner counts as broken, or None."""
        if len(self._rejections) < REJECTIONS:
            return None
        last = self._rejections[-1]
        return f"the tuner's last {REJECTIONS} proposals were rejected; the last: {last}"


class Conclusion:
    """The last trials of a search, which the tuner proposes when the budget is used up."""

    def __init__(self) -> None:
        self.possible = False  # whether the tuner may propose any
        self.asked = False  # the tuner's answer is awaited
        self.answered = False
        self.due: deque[LastTrial] = deque()  # answered, and not yet a trial
        self.trials: set[int] = set()  # those that became trials

    def ask(self) -> None:
        """The last trials were requested."""
        self.asked = True

    def answer(self, trials: Sequence[LastTrial]) -> None:
        """Take the tuner's answer. One that was not requested changes nothing."""
        if self.asked:
            self.asked, self.answered = False, True
            self.due.extend(trials)

    def add(self, trial: int) -> None:
        """The first trial that is due was proposed."""
        self.due.popleft()
        self.trials.add(trial)

    def reopen(self) -> None:
        """Another tuner process is started: a request that was not answered is repeated."""
        self.possible = self.asked = False

    def reset(self) -> None:
        """The search goes on, so that it has another end."""
        self.asked = self.answered = False
        self.due.clear()
