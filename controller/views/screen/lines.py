"""The events that users need to know of, as lines of Rich markup."""

from __future__ import annotations

from collections.abc import Iterator

from rich import filesize
from rich.markup import escape

from controller.core import events as e
from controller.core.experiment import Experiment
from controller.core.model import State, Trial, attempt_name
from controller.core.ranking import standing_of
from controller.formats import command, counted, limits
from controller.views import text
from controller.views.values import missing, shown


def lines(name: str, experiment: Experiment, event: e.Event) -> Iterator[str]:
    """The lines for an event that the experiment has applied. `name` is the experiment's."""
    yield from _about_trials(experiment, event)
    yield from _about_machines(event)
    yield from _about_search(name, experiment, event)


def _about_trials(experiment: Experiment, event: e.Event) -> Iterator[str]:
    match event:
        case e.VerdictSeen():
            yield _verdict(experiment, event)
        case e.Ended():
            yield from _ended(experiment, event)
        case e.ContinuedFrom():
            attempt = attempt_name(event.trial, event.number)
            yield f"attempt {attempt} continues attempt {event.source} from step {event.step}"
        case e.Imported():
            yield _imported(experiment, event)


def _about_machines(event: e.Event) -> Iterator[str]:
    match event:
        case e.NodeDown():
            yield f"[red]node {escape(event.node)} does not answer[/]: {escape(event.reason)}"
        case e.NodeUp():
            yield f"node {escape(event.node)} answers again and can run trials"
        case e.NodeSetAside():
            yield f"[red]node {escape(event.node)} is set aside[/]: {escape(event.reason)}"
        case e.Removed():
            yield from _removed(event)
        case e.RoomShort():
            yield f"[yellow]no trial is started: {escape(text.shortage(event))}[/]"
        case e.RoomBack():
            yield f"the store has room again: {filesize.decimal(event.free)} free"


def _about_search(name: str, experiment: Experiment, event: e.Event) -> Iterator[str]:
    match event:
        case e.ProposalGivenUp():
            yield f"[yellow]{escape(event.reason)}[/]"
        case e.Concluded(trials=trials) if trials:
            yield f"the tuner ends with {counted(len(trials), 'trial')} beyond the budget"
        case e.Paused():
            yield from _paused(name, experiment, event)
        case e.BudgetExtended():
            yield f"the budget is extended: {limits(event.trials, event.duration)}"
        case e.SearchEnded():
            yield from _search_ended(event)


def _verdict(experiment: Experiment, event: e.VerdictSeen) -> str:
    trial = experiment.trials[event.trial]
    line = f"trial {trial.id} [{text.COLOURS[event.state]}]{event.state}[/]"
    objectives = experiment.rules.objectives
    if values := shown(objectives, event.value, event.values):
        line += f"  {values}{_standing(experiment, trial)}"
    elif event.state is State.SUCCEEDED:
        line += f"  [yellow]{escape(text.no_number(event.result))}[/]"
    if parents := trial.parents or trial.restored:
        line += f"  [dim]child of {', '.join(map(str, parents))}[/]"
    return line + (f": {escape(event.reason)}" if event.reason else "")


def _imported(experiment: Experiment, event: e.Imported) -> str:
    line = f"trial {event.trial} [{text.COLOURS[State.SUCCEEDED]}]imported[/]"
    if values := shown(experiment.rules.objectives, event.value, event.values):
        line += f"  {values}"
    origin = experiment.trials[event.trial].origin
    return (
        line if origin is None else f"{line}  [dim]trial {origin.trial} of {origin.experiment}[/]"
    )


def _standing(experiment: Experiment, trial: Trial) -> str:
    """Whether a trial is the best, or with several objectives on the front."""
    objectives = experiment.rules.objectives
    if objectives.is_single:
        return "  [bold]best so far[/]" if experiment.best == trial.id else ""
    standing = standing_of(trial, objectives)
    if standing is None and trial.candidate and trial.state is State.SUCCEEDED:
        return f"  [yellow]its result has no {missing(objectives, trial.values)}[/]"
    if standing is not None and standing.violation > 0:
        return "  [yellow]out of bounds[/]"
    return "  [bold]on the front[/]" if trial.id in experiment.front else ""


def _ended(experiment: Experiment, event: e.Ended) -> Iterator[str]:
    """Name a failed attempt, except a trial's last one: the trial's line has the reason."""
    is_last = event.trial in experiment.commands.verdicts
    if not is_last and (event.outcome.own_fault or event.outcome in ("lost", "corrupt")):
        name = attempt_name(event.trial, event.number)
        yield f"attempt {name} [yellow]{event.outcome}[/]: {escape(event.reason)}"


def _removed(event: e.Removed) -> Iterator[str]:
    if event.trials or event.attempts:
        left = counted(len(event.attempts), "attempt")
        also = f", and files of {left}" if event.attempts else ""
        what = f"the weights of {counted(len(event.trials), 'trial')}{also}"
        yield f"[dim]removed {what}: {filesize.decimal(event.size)}[/]"
    if event.problem:
        yield f"[red]weights cannot be removed by this user[/]: {escape(event.problem)}"


def _paused(name: str, experiment: Experiment, event: e.Paused) -> Iterator[str]:
    yield f"[red]paused: {escape(event.reason)}[/]"
    running = experiment.counts[State.RUNNING]
    rest = f", and {counted(running, 'running trial')} may end" if running else ""
    yield f"no further trial is started{rest}"
    yield f"their output: {escape(command('logs', name, str(event.trials[-1])))}"


def _search_ended(event: e.SearchEnded) -> Iterator[str]:
    if event.traceback:
        yield escape(event.traceback.rstrip())
    colour = "red" if event.error else "default"
    yield f"[{colour}]no further trials: {escape(event.reason)}[/]"
