"""What `check --run` prints at its end."""

from __future__ import annotations

import math
from collections.abc import Iterator

from rich import filesize
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from controller.core.model import State
from controller.engine.tryout.figures import Estimate, TrialFigures, Tryout
from controller.formats import command, counted, duration
from controller.views import output
from controller.views.results import inherited


def show(found: Tryout, whole: Estimate | None, file: str) -> None:
    """Print the figures of a try-out and of a whole search. `file` is the experiment file."""
    console = output.console()
    if found.trials:
        _print_figures(console, found)
    for trial in found.trials:
        if trial.has_failed:
            _print_failure(console, trial)
            if trial.id and found.trials[0].state is State.STOPPED:
                again = command("check", file, "--run", "--for", _longer(found.limit))
                text = (
                    f"trial 0 was stopped early: if its weights were not complete by then, {again}"
                )
                console.print(f"[yellow]{escape(text)}[/]", soft_wrap=True)
    if found.problem:
        console.print(escape(found.traceback), end="", soft_wrap=True)
        console.print(f"[red]the tuner: {escape(found.problem)}[/]", soft_wrap=True)
    if not found.interrupted and not has_failed(found):
        console.print(_on_inheritance(found, file), soft_wrap=True)
        if whole is not None:
            console.print(escape(f"a whole search: {_estimate(whole)}"), soft_wrap=True)
    if found.left:
        console.print(f"[yellow]not removed: {escape(found.left)}[/]", soft_wrap=True)


def has_failed(found: Tryout) -> bool:
    """Whether a trial or the tuner failed."""
    return bool(found.problem) or any(trial.has_failed for trial in found.trials)


def _print_figures(console: Console, found: Tryout) -> None:
    grid = Table.grid(padding=(0, 2))
    columns = [dict(_figures(trial)) for trial in found.trials]
    for key in dict.fromkeys(key for column in columns for key in column):
        grid.add_row(key, *(escape(column.get(key, "")) for column in columns))
    output.print_table(console, grid)


def _figures(trial: TrialFigures) -> Iterator[tuple[str, str]]:
    yield "", "child" if trial.id else "candidate"
    yield "state", str(trial.state)
    for name, value in trial.values.items():
        yield name, f"{value:.6g}"
    if trial.value is not None and not trial.values:
        yield "value", f"{trial.value:.6g}"
    if trial.first_report is not None:
        yield "first report", f"after {trial.first_report:.1f} s"
    if trial.seconds is not None:
        yield "trained for", f"{trial.seconds:.1f} s"
    if trial.peak_memory is not None:
        yield "peak memory", filesize.decimal(trial.peak_memory)
    if trial.files:
        shared = f", {filesize.decimal(trial.shared)} shared" if trial.shared else ""
        size = filesize.decimal(trial.size)
        yield "weights", f"{size} in {counted(trial.files, 'file')}{shared}"


def _print_failure(console: Console, trial: TrialFigures) -> None:
    for line in trial.log:
        console.print(f"[dim]  {escape(line)}[/]", soft_wrap=True)
    console.print(f"[red]trial {trial.id} failed: {escape(trial.reason)}[/]", soft_wrap=True)


def _on_inheritance(found: Tryout, file: str) -> str:
    """A line about what the child inherited, or why there is no child. Rich markup."""
    candidate = found.trials[0]
    if len(found.trials) == 1:
        return f"[yellow]{escape(_why_no_child(candidate, found.limit, file))}[/]"
    child = found.trials[1]
    share, _ = inherited(child.result)
    if not child.restored:
        return (
            "[yellow]the child started without weights, as the experiment file says: nothing was "
            "inherited[/]"
        )
    given = f"{filesize.decimal(candidate.size)} in {counted(candidate.files, 'file')}"
    if share:
        return f"[green]the child inherited {escape(share)}[/]"
    return (
        f"[green]the child started from trial 0's weights ({given}, verified)[/]; what it loaded "
        "of them is known only of trials that call inherit of heirloom.torch or heirloom.numpy"
    )


def _why_no_child(candidate: TrialFigures, limit: float, file: str) -> str:
    untried = "inheritance was not tried: trial 0"
    if candidate.reason.startswith("infeasible"):
        return f"{untried} is out of bounds, and was not trained: try again, or widen the bounds"
    if candidate.state is State.SUCCEEDED:
        return (
            f"{untried} left its save path empty, so a child has nothing to start from; write the "
            "weights to trial.save_path ($HEIRLOOM_SAVE_PATH)"
        )
    longer = command("check", file, "--run", "--for", _longer(limit))
    return (
        f"{untried} left no weights within {duration(limit)}. If it writes them later, try it for "
        f"longer: {longer}"
    )


def _longer(limit: float) -> str:
    """Ten times the limit, as people write it."""
    return f"{max(1, round(limit * 10 / 60))}m"


def _estimate(found: Estimate) -> str:
    least = "" if found.is_whole else "at least "
    if found.trials is None:
        time = f"{duration(found.seconds)} by its budget"
    else:
        time = f"{found.trials} trials, {found.at_once} at a time: {least or 'about '}"
        time += duration(math.ceil(found.seconds))
    if not found.is_whole:
        time += f" (no trial was trained to its end here; {found.each:.1f} s each)"
    if not found.size:
        return time
    size = filesize.decimal(found.size)
    if found.kept is None:
        return f"{time}, and at most {size} of weights"
    return f"{time}, and {least or 'about '}{size} of weights, of {counted(found.kept, 'trial')}"
