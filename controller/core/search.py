"""Where the conversation with the tuner stands."""

from __future__ import annotations

from controller.core.events import SearchEnded

REJECTIONS = 10  # proposals rejected in a row after which the tuner counts as broken


class Search:
    """What the tuner was asked and what it said, since a controller took the experiment up."""

    def __init__(self) -> None:
        self.asked: int | None = None  # the trial that it is thinking about
        self.withheld = False  # it wants to know more first
        self.coming = False  # or it is at a proposal, and will say when it has one
        self.over: SearchEnded | None = None
        self._rejections: list[str] = []  # of the proposals in a row, why
        self._news = False  # whether it was told of a trial since it was asked

    def ask(self, trial: int) -> None:
        """It is asked for a trial."""
        self.asked = trial
        self._news = False

    def propose(self, trial: int, problem: str | None) -> None:
        """It proposed a trial, which is rejected where there is a problem."""
        if trial == self.asked:
            self.asked = None
        self._rejections = [*self._rejections, problem] if problem else []

    def withhold(self, *, coming: bool) -> None:
        """It has nothing to propose, unless it was told of something while it thought."""
        self.asked = None
        self.coming = coming
        self.withheld = not self._news

    def ready(self) -> None:
        """It has the proposal that was coming, or knows that there will be none."""
        self.coming = False
        self.tell()

    def tell(self) -> None:
        """It is told of a trial's end."""
        self.withheld = False
        self._news = True

    def end(self, event: SearchEnded) -> None:
        """It is not asked again."""
        self.over = self.over or event
        self.asked = None

    @property
    def broken(self) -> str | None:
        """Why the tuner counts as broken, if it does."""
        if len(self._rejections) < REJECTIONS:
            return None
        last = self._rejections[-1]
        return f"the tuner's last {REJECTIONS} proposals were rejected; the last: {last}"
