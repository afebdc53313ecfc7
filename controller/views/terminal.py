"""Output while an experiment runs: a live view on a terminal, else plain lines."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
import time
from collections.abc import Iterator

from rich import filesize
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.markup import escape
from rich.prompt import Prompt
from rich.text import Text

from controller.core import events as e
from controller.core.experiment import Experiment
from controller.core.model import State
from controller.engine.observer import Choice, PauseChoice, Situation
from controller.formats import command, counted, limits
from controller.views import output, text

_REFRESH = 0.25  # seconds between two updates of the live view
_SUMMARY = 30.0  # seconds between two summaries without a live view
_QUESTION = "(g)o on with the search all the same, or (e)nd here and resume later? "
_ANSWERS: dict[str, PauseChoice] = {"g": "go on", "go on": "go on", "e": "end", "end": "end"}


class Screen:
    """Shows one running experiment. Use as a context manager."""

    def __init__(self, name: str, console: Console | None = None) -> None:
        self._name = name
        self._console = console or output.console()
        self._live = Live(console=self._console, auto_refresh=False, transient=False)
        self._is_terminal = self._console.file.isatty()
        self._is_live = self._is_terminal and not self._console.is_dumb_terminal
        self._asks = False  # whether the question of a pause is on the screen
        self._next = 0.0
        self._has_said_no_number = False  # in the live view it is said of one trial only
        self._summary_at = time.monotonic() + _SUMMARY

    def __enter__(self) -> Screen:
        if self._is_live:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._is_live:
            self._live.stop()

    def say(self, line: str) -> None:
        """Print one line of Rich markup, above the live view or the question of a pause."""
        if self._asks:
            self._console.print()
        self._console.print(line, soft_wrap=True)
        if self._asks:
            self._console.print(_QUESTION, end="")

    def refresh(self, experiment: Experiment, situation: Situation) -> None:
        """Show the state, unless the last update is recent."""
        clock = time.monotonic()
        over = experiment.closed is not None
        if self._asks and experiment.paused is None:  # another process ended the pause
            self._end_question()
        if self._asks:
            return
        if self._is_live and (clock >= self._next or over):
            self._next = clock + _REFRESH
            self._live.update(self._view(experiment, situation), refresh=True)
        elif not self._is_live and (clock >= self._summary_at or over):
            self._summary_at = clock + _SUMMARY
            self.say(escape(text.summary(experiment, situation.now)))
            for note in text.notes(experiment, situation):
                self.say(escape(f"  {note}"))

    def tell(self, experiment: Experiment, event: e.Event) -> None:
        """Print a line for an event that users need to know of."""
        match event:
            case e.VerdictSeen():
                self._say_verdict(experiment, event)
            case e.Ended():
                self._say_ended(experiment, event)
            case e.NodeDown():
                self.say(f"[red]node {event.node} does not answer[/]: {escape(event.reason)}")
            case e.NodeUp():
                self.say(f"node {event.node} answers again and can run trials")
            case e.NodeSetAside():
                self.say(f"[red]node {event.node} is set aside[/]: {escape(event.reason)}")
            case e.ProposalGivenUp():
                self.say(f"[yellow]{escape(event.reason)}[/]")
            case e.Removed():
                self._say_removed(event)
            case e.Paused():
                self._say_paused(experiment, event)
            case e.RoomShort():
                self.say(f"[yellow]no trial is started: {escape(text.shortage(event))}[/]")
            case e.BudgetExtended():
                self.say(f"the budget is extended: {limits(event.trials, event.duration)}")
            case e.RoomBack():
                self.say(f"the store has room again: {filesize.decimal(event.free)} free")
            case e.SearchEnded():
                colour = "red" if event.error else "default"
                if event.traceback:
                    self.say(escape(event.traceback.rstrip()))
                self.say(f"[{colour}]no further trials: {escape(event.reason)}[/]")

    def _say_ended(self, experiment: Experiment, event: e.Ended) -> None:
        """Name a failed attempt, except a trial's last one: the trial's line has the reason."""
        is_last = event.trial in experiment.commands.verdicts
        if not is_last and (event.outcome.own_fault or event.outcome in ("lost", "corrupt")):
            name = f"{event.trial}.{event.number}"
            self.say(f"attempt {name} [yellow]{event.outcome}[/]: {escape(event.reason)}")

    def _say_verdict(self, experiment: Experiment, event: e.VerdictSeen) -> None:
        trial = experiment.trials[event.trial]
        is_good = event.state is State.SUCCEEDED
        is_news = is_good and event.value is None and not self._has_said_no_number
        if self._is_live and is_good and not is_news:
            return
        best = "  [bold]best so far[/]" if experiment.best == trial.id else ""
        line = f"trial {trial.id} [{text.COLOURS[event.state]}]{event.state}[/]"
        if event.value is not None:
            line += f"  {event.value:.6g}{best}"
        elif is_good:
            self._has_said_no_number = True
            line += f"  [yellow]{escape(text.no_number(event.result))}[/]"
        if trial.parents:
            line += f"  [dim]child of {', '.join(map(str, trial.parents))}[/]"
        self.say(line + (f": {escape(event.reason)}" if event.reason else ""))

    def _say_removed(self, event: e.Removed) -> None:
        if event.trials or event.attempts:
            left = counted(len(event.attempts), "attempt")
            also = f", and files of {left}" if event.attempts else ""
            what = f"the weights of {counted(len(event.trials), 'trial')}{also}"
            self.say(f"[dim]removed {what}: {filesize.decimal(event.size)}[/]")
        if event.problem:
            self.say(f"[red]weights cannot be removed by this user[/]: {escape(event.problem)}")

    def _say_paused(self, experiment: Experiment, event: e.Paused) -> None:
        self.say(f"[red]paused: {escape(event.reason)}[/]")
        running = experiment.counts[State.RUNNING]
        rest = f", and {counted(running, 'running trial')} may end" if running else ""
        self.say(f"no further trial is started{rest}")
        logs = command("logs", self._name, str(event.trials[-1]))
        self.say(f"their output: {escape(logs)}")

    def ask_on_pause(self, experiment: Experiment) -> PauseChoice | None:
        """Ask whether a paused search goes on. Returns at once: None before the answer.

        Without a terminal that could answer, the search ends here.
        """
        if not (self._is_terminal and _may_read()):
            return "end"
        if not self._asks:
            if self._is_live:
                self._live.stop()
            self._asks = True
            self._console.print(_QUESTION, end="")
        if not select.select([sys.stdin], [], [], 0)[0]:
            return None
        line = sys.stdin.readline()
        answer = _ANSWERS.get(line.strip().lower(), None if line else "end")
        if answer is None:
            self._console.print(_QUESTION, end="")
        else:
            self._end_question()
        return answer

    def _end_question(self) -> None:
        self._asks = False
        if self._is_live:
            self._live.start()

    def ask(self, experiment: Experiment) -> Choice:
        """Ask what becomes of the trials after Ctrl-C. A second Ctrl-C leaves them running."""
        running = experiment.counts[State.RUNNING] + experiment.counts[State.ARMED]
        if not self._is_terminal:
            return "leave"
        if self._is_live:
            self._live.stop()
        handler = signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            answer = Prompt.ask(
                f"\n{running} trials are on nodes. (l)eave them running and resume later, "
                "(s)top them, or (g)o on?",
                choices=["l", "s", "g"],
                default="l",
                console=self._console,
            )
        except (KeyboardInterrupt, EOFError):
            self._console.print()
            answer = "l"
        finally:
            signal.signal(signal.SIGINT, handler)
        if self._is_live and answer != "l":
            self._live.start()
        choices: dict[str, Choice] = {"l": "leave", "s": "stop", "g": "go on"}
        return choices[answer]

    def _view(self, experiment: Experiment, situation: Situation) -> RenderableType:
        parts: list[RenderableType] = [text.headline(self._name, experiment, situation.now)]
        if experiment.budget.trials is not None:
            parts.append(text.progress(experiment, experiment.budget.trials))
        parts.append(Text.from_markup(text.counts(experiment)))
        parts.append(Text(text.best(experiment), overflow="ellipsis", no_wrap=True))
        parts.append(text.nodes(experiment))
        parts += [Text(note, style="yellow") for note in text.notes(experiment, situation)]
        return Group(*parts)


def _may_read() -> bool:
    """Whether standard input is a terminal of which this process is in the foreground."""
    try:
        return sys.stdin.isatty() and os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()
    except (OSError, ValueError):
        return False


@contextlib.contextmanager
def inspecting(count: int) -> Iterator[None]:
    """Show that `count` nodes are being inspected, while the context is open."""
    console = output.console()
    line = f"inspecting {counted(count, 'node')} …"
    if output.is_terminal():
        with console.status(line):
            yield
    else:
        console.print(f"[dim]{line}[/]")
        yield
