"""What a person sees while an experiment runs: a live view, or plain lines where there is none."""

from __future__ import annotations

import contextlib
import json
import signal
import time
from collections.abc import Iterator

from rich import filesize
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.markup import escape
from rich.progress_bar import ProgressBar
from rich.prompt import Prompt
from rich.table import Table
from rich.text import Text

from controller.core import events as e
from controller.core.experiment import Experiment
from controller.core.model import AttemptState, State
from controller.engine.observer import Choice, Situation
from controller.formats import counted, duration
from controller.tuners.process import LongCall

COLOURS = {
    State.WAITING: "dim",
    State.READY: "default",
    State.ARMED: "blue",
    State.RUNNING: "cyan",
    State.SUCCEEDED: "green",
    State.FAILED: "red",
    State.STOPPED: "yellow",
    State.SKIPPED: "magenta",
    State.CANCELLED: "dim",
}
_REFRESH = 0.25  # seconds between two pictures
_SUMMARY = 30.0  # seconds between two summaries in plain lines
_THINKING = 10.0  # seconds of thought after which the tuner is named
_NODES = 12  # rows of nodes shown
_LONG = 200  # signs of the best parameters shown


class Screen:
    """The live view of one experiment; use it as a context manager."""

    def __init__(self, name: str, console: Console | None = None) -> None:
        self._name = name
        self._console = console or Console(stderr=False, highlight=False)
        self._live = Live(console=self._console, auto_refresh=False, transient=False)
        self._is_live = self._console.is_terminal
        self._next = 0.0
        self._summary_at = time.monotonic() + _SUMMARY

    def __enter__(self) -> Screen:
        if self._is_live:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._is_live:
            self._live.stop()

    def say(self, text: str) -> None:
        """Print one line, above the live view. Rich markup is taken as it is."""
        self._console.print(text, soft_wrap=True)

    def refresh(self, experiment: Experiment, situation: Situation) -> None:
        """Show the state, if it is time for a new picture."""
        clock = time.monotonic()
        over = experiment.closed is not None
        if self._is_live and (clock >= self._next or over):
            self._next = clock + _REFRESH
            self._live.update(self._view(experiment, situation), refresh=True)
        elif not self._is_live and (clock >= self._summary_at or over):
            self._summary_at = clock + _SUMMARY
            self.say(escape(_summary(experiment, situation.now)))
            for note in _notes(experiment, situation):
                self.say(escape(f"  {note}"))

    def tell(self, experiment: Experiment, event: e.Event) -> None:
        """Say an event in a line, where it is worth one."""
        match event:
            case e.VerdictSeen():
                trial = experiment.trials[event.trial]
                if self._is_live and event.state is State.SUCCEEDED:
                    return
                best = "  [bold]best so far[/]" if experiment.best == trial.id else ""
                line = f"trial {trial.id} [{COLOURS[event.state]}]{event.state}[/]"
                if event.value is not None:
                    line += f"  {event.value:.6g}{best}"
                if trial.parents:
                    line += f"  [dim]child of {', '.join(map(str, trial.parents))}[/]"
                self.say(line + (f": {escape(event.reason)}" if event.reason else ""))
            case e.Ended() if event.outcome.own_fault or event.outcome in ("lost", "corrupt"):
                name = f"{event.trial}.{event.number}"
                self.say(f"attempt {name} [yellow]{event.outcome}[/]: {escape(event.reason)}")
            case e.NodeDown():
                self.say(f"[red]node {event.node} does not answer[/]: {escape(event.reason)}")
            case e.NodeUp():
                self.say(f"node {event.node} answers again, and is well")
            case e.NodeSetAside():
                self.say(f"[red]node {event.node} is set aside[/]: {escape(event.reason)}")
            case e.ProposalGivenUp():
                self.say(f"[yellow]{escape(event.reason)}[/]")
            case e.Removed():
                self._say_removed(event)
            case e.RoomShort():
                self.say(f"[yellow]no trial is started: {escape(room_words(event))}[/]")
            case e.RoomBack():
                self.say(f"the store has room again: {filesize.decimal(event.free)} free")
            case e.SearchEnded():
                colour = "red" if event.error else "default"
                if event.traceback:
                    self.say(escape(event.traceback.rstrip()))
                self.say(f"[{colour}]no further trials: {escape(event.reason)}[/]")

    def _say_removed(self, event: e.Removed) -> None:
        if event.trials or event.attempts:
            left = counted(len(event.attempts), "attempt")
            also = f", and what {left} left" if event.attempts else ""
            what = f"the weights of {counted(len(event.trials), 'trial')}{also}"
            self.say(f"[dim]removed {what}: {filesize.decimal(event.size)}[/]")
        if event.problem:
            self.say(f"[red]weights cannot be removed by this user[/]: {escape(event.problem)}")

    def ask(self, experiment: Experiment) -> Choice:
        """Ctrl-C was pressed: what becomes of the trials? A second Ctrl-C leaves them running."""
        running = experiment.counts[State.RUNNING] + experiment.counts[State.ARMED]
        if not self._console.is_terminal:
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
        parts: list[RenderableType] = [_headline(self._name, experiment, situation.now)]
        if experiment.rules.trials is not None:
            parts.append(_progress(experiment, experiment.rules.trials))
        parts.append(Text.from_markup(_counts(experiment)))
        parts.append(Text(_best(experiment), overflow="ellipsis", no_wrap=True))
        parts.append(_nodes(experiment))
        parts += [Text(note, style="yellow") for note in _notes(experiment, situation)]
        return Group(*parts)


@contextlib.contextmanager
def looking(count: int) -> Iterator[None]:
    """Say that so many nodes are looked at, while they are."""
    console = Console(highlight=False)
    text = f"looking at {count} node{'s' * (count > 1)} …"
    if console.is_terminal:
        with console.status(text):
            yield
    else:
        console.print(f"[dim]{text}[/]")
        yield


def time_left(experiment: Experiment, now: float) -> float | None:
    """Seconds until the budget is used up at the pace so far, or None while nobody can say."""
    rules, spent = experiment.rules, experiment.elapsed(now)
    done = len(experiment.trials) - experiment.open_trials
    left = []
    if rules.trials is not None and done:
        left.append(spent / done * max(0, rules.trials - done))
    if rules.duration is not None:
        left.append(max(0.0, rules.duration - spent))
    return min(left) if left else None


def _headline(name: str, experiment: Experiment, now: float) -> Text:
    text = Text.assemble((name, "bold"), f"  {duration(experiment.elapsed(now))}")
    left = time_left(experiment, now)
    if left is not None and experiment.search_over is None:
        text.append(f", about {duration(left)} left", "dim")
    if experiment.search_over is not None:
        text.append(f"  {experiment.search_over.reason}", "dim")
    return text


def _progress(experiment: Experiment, budget: int) -> Table:
    done = len(experiment.trials) - experiment.open_trials
    row = Table.grid(padding=(0, 1))
    row.add_row(ProgressBar(total=budget, completed=done, width=60), f"{done}/{budget}")
    return row


def _counts(experiment: Experiment) -> str:
    shown = [
        f"[{COLOURS[state]}]{experiment.counts[state]} {state}[/]"
        for state in State
        if experiment.counts[state]
    ]
    return "  ".join(shown) or "no trials yet"


def _best(experiment: Experiment) -> str:
    if experiment.best is None:
        if experiment.closed is None:
            return "best: none yet"
        numbers = ", since no result is a number" if experiment.counts[State.SUCCEEDED] else ""
        return f"best: none{numbers}"
    trial = experiment.trials[experiment.best]
    params = json.dumps(trial.params)
    if len(params) > _LONG:
        params = f"{params[:_LONG]}…"
    return f"best: {trial.value:.6g} by trial {trial.id}  {params}"


def _nodes(experiment: Experiment) -> Table:
    running: dict[str, int] = {}
    armed: dict[str, int] = {}
    for trial, number in experiment.on_nodes:
        attempt = experiment.attempt(trial, number)
        if attempt is not None:
            where = running if attempt.state is AttemptState.RUNNING else armed
            where[attempt.node] = where.get(attempt.node, 0) + 1
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for column in ("node", "running", "slots", "armed"):
        table.add_column(column, justify="left" if column == "node" else "right")
    nodes = list(experiment.placement.nodes.values())
    for node in nodes[:_NODES]:
        style = "red" if node.name in experiment.placement.down else ""
        count = running.get(node.name, 0)
        table.add_row(
            node.name, str(count), str(node.slots), str(armed.get(node.name, 0)), style=style
        )
    if len(nodes) > _NODES:
        table.add_row(f"and {len(nodes) - _NODES} more", "", "", "", style="dim")
    return table


def _notes(experiment: Experiment, situation: Situation) -> list[str]:
    notes = []
    if situation.store_stalled is not None:
        notes.append(f"the store has not answered for {duration(situation.store_stalled)}")
    if situation.no_wave is not None:
        notes.append(f"no wave leaves this machine, and so no trial: {situation.no_wave}")
    if situation.tuner_thinking is not None and situation.tuner_thinking > _THINKING:
        notes.append(f"the tuner has been thinking for {duration(situation.tuner_thinking)}")
    notes += [_long(call) for call in situation.long_calls]
    if experiment.short is not None:
        notes.append(f"no trial is started: {room_words(experiment.short)}")
    notes += [
        f"the weights of trial {trial} are damaged: {found}"
        for trial, found in experiment.damaged.items()
    ]
    for node, reason in experiment.placement.down.items():
        aside = node in experiment.set_aside
        notes.append(
            f"node {node} is set aside: {reason}"
            if aside
            else f"node {node} does not answer: {reason}"
        )
    return notes


def _long(call: LongCall) -> str:
    """Where a user's tuner stands, and for how long."""
    passed = duration(time.monotonic() - call.since)
    if call.what != "generate_parameters" or not call.is_still:
        call_of = f"{call.what}({call.parameter_id})"
        doing = "stood still" if call.is_still else "been"
        return f"the tuner's {call_of} has {doing} at {call.place} for {passed}"
    if call.count == 1:
        return f"proposal {call.parameter_id} waits in the tuner at {call.place} for {passed}"
    return (
        f"{call.count} proposals wait in the tuner at {call.place}, "
        f"the first ({call.parameter_id}) for {passed}"
    )


def _summary(experiment: Experiment, now: float) -> str:
    counts = ", ".join(
        f"{experiment.counts[state]} {state}" for state in State if experiment.counts[state]
    )
    left = time_left(experiment, now)
    tail = "" if left is None or experiment.search_over else f"; about {duration(left)} left"
    elapsed = duration(experiment.elapsed(now))
    return f"[{elapsed}] {counts or 'no trials yet'}; {_best(experiment)}{tail}"


def room_words(short: e.RoomShort) -> str:
    """Why no trial is handed out."""
    return (
        f"the store has {filesize.decimal(short.free)} free, and the trials on nodes, one more and "
        f"the reserve need {filesize.decimal(short.needed)}; it goes on when there is room"
    )
