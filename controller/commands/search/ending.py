"""What is said and written when a controller ends."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from rich.markup import escape

from controller.core import events as e
from controller.core.experiment import Experiment
from controller.core.model import State
from controller.formats import command
from controller.state.experiment_dir import ExperimentDir
from controller.views.screen import Screen

PACKAGES = Path(__file__).resolve().parents[3]  # the directory that holds `controller`


def farewell(
    screen: Screen, experiment: Experiment, place: ExperimentDir, closed: e.Closed | None
) -> int:
    """Say how the controller ended, and write the report of a search that is over.

    Returns the exit code.
    """
    resume = escape(command("resume", place.name))
    if closed is None and experiment.paused is not None and experiment.is_at_rest:
        screen.say(f"paused; go on with: {resume} (with --keep-going it is not paused again)")
        return 1
    if closed is None:
        screen.say(f"left; go on with: {resume}")
        return 130
    if not _write_report(screen, place):
        again = escape(command("report", place.name))
        screen.say(f"[yellow]no report was written: try `{again}`[/]")
    error = experiment.search_over is not None and experiment.search_over.error
    if error:
        return 1
    if experiment.stopping is not None:
        return 130
    return 0 if experiment.counts[State.SUCCEEDED] else 1


def _write_report(screen: Screen, place: ExperimentDir) -> bool:
    """Write the report's page and say whether that worked.

    A process of its own writes it, because drawing takes more memory than the controller may use.
    """
    # -P: the working directory may hold a user's own controller.py.
    path = os.pathsep.join(filter(None, (str(PACKAGES), os.environ.get("PYTHONPATH"))))
    done = subprocess.run(
        [sys.executable, "-P", "-m", "controller", "report", place.name],
        env={**os.environ, "PYTHONPATH": path},
        stdout=subprocess.DEVNULL,
        check=False,
    )
    if done.returncode == 0:
        screen.say(f"report: {escape(str(place.report))}")
    return done.returncode == 0
