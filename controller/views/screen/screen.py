"""The screen of one experiment, as an observer of its loop."""

from __future__ import annotations

import time

from rich.console import Console
from rich.markup import escape

from controller.core import events as e
from controller.core.experiment import Experiment
from controller.core.model import State
from controller.engine.observer import Choice, PauseChoice, Situation
from controller.views import output, text
from controller.views.screen import questions, waits
from controller.views.screen.layout import View
from controller.views.screen.lines import lines
from controller.views.screen.painter import Painter
from controller.views.screen.picture import Picture, take

_REFRESH = 0.25  # seconds between two pictures for the live view
_SUMMARY = 30.0  # seconds between two summaries without a live view


class Screen:
    """Shows one running experiment: a live view on a terminal, else plain lines.

    As a context manager it writes in a thread of its own, and shows the live view.
    """

    def __init__(self, name: str, console: Console | None = None) -> None:
        self._name = name
        self._console = console or output.console()
        self._is_terminal = self._console.file.isatty()
        self.is_live = self._is_terminal and self._console.is_interactive
        self._painter = Painter(self._console, is_live=self.is_live)
        self._picture: Picture | None = None  # the last one
        self._asks = False  # whether the question of a pause is on the screen
        self._is_left = False
        self._next = 0.0
        self._summary_at = time.monotonic() + _SUMMARY

    def __enter__(self) -> Screen:
        self._painter.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._painter.close()

    def say(self, line: str) -> None:
        """Print one line of Rich markup, above the live view or the question of a pause."""
        self._painter.say(line)

    def tell(self, experiment: Experiment, event: e.Event) -> None:
        """Print lines for an event that users need to know of."""
        for line in lines(self._name, experiment, event):
            self.say(line)

    def refresh(self, experiment: Experiment, situation: Situation) -> None:
        """Show the state, unless the last update is recent."""
        clock = time.monotonic()
        over = experiment.closed is not None
        if self._asks and experiment.paused is None:  # another process ended the pause
            self._end_question()
        if self._asks or self._is_left:
            return
        if self.is_live and (clock >= self._next or over):
            self._next = clock + _REFRESH
            picture = take(self._name, experiment, situation, self._console.size.height)
            if picture != self._picture:
                self._picture = picture
                self._painter.show(View(picture))
        elif not self.is_live and (clock >= self._summary_at or over):
            self._summary_at = clock + _SUMMARY
            self.summarize(experiment, situation)

    def summarize(self, experiment: Experiment, situation: Situation) -> None:
        """Print the state as plain lines."""
        self.say(escape(text.summary(experiment, situation.now)))
        waited = waits.now(experiment, situation)
        if waited:
            self.say(escape(f"  waits for {', '.join(waited)}"))
        for note in text.notes(experiment, situation):
            self.say(escape(f"  {note}"))

    def ask_on_pause(self, experiment: Experiment) -> PauseChoice | None:
        """Ask whether a paused search goes on. Returns at once: None before the answer.

        Without a terminal that could answer, the search ends here.
        """
        if not (self._is_terminal and questions.may_read()):
            return "end"
        if not self._asks:
            self._asks = True
            self._painter.ask(questions.PAUSED)
        if not questions.has_line():
            return None
        answer = questions.answer_on_pause()
        if answer is None:
            self._painter.ask_again()
        else:
            self._end_question()
        return answer

    def _end_question(self) -> None:
        self._asks = False
        self._painter.ask("")

    def ask(self, experiment: Experiment) -> Choice:
        """Ask what becomes of the trials after Ctrl-C. A second Ctrl-C leaves them running."""
        if not self._is_terminal:
            return "leave"
        self._painter.suspend()
        try:
            on_nodes = experiment.counts[State.RUNNING] + experiment.counts[State.ARMED]
            choice = questions.on_interrupt(self._console, on_nodes)
            if choice == "leave":  # the last view stands above the question
                self._is_left = True
                self._painter.show(None)
            return choice
        finally:
            self._painter.resume()
