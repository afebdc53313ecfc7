"""One experiment, as a Python program sees it."""

from __future__ import annotations

import csv
import io
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, Optional, Union

from .command import ClientError, call, call_json, environment, error_in, program
from .notebook import shower

Rows = list[dict[str, Any]]  # a table as a list of its rows
_WHOLE = ("trial", "attempt", "step")  # columns of curves that are whole numbers


class Experiment:
    """An experiment. Each property and method asks anew, so that it shows the present state."""

    def __init__(self, name: str, process: Optional[subprocess.Popen[Any]] = None) -> None:
        """`process` is that of its controller, if this program started it."""
        self.name = name
        self._process = process

    def __repr__(self) -> str:
        return f"<Experiment {self.name}>"

    @property
    def status(self) -> dict[str, Any]:
        """What `heirloom status NAME --json` prints of it."""
        found: dict[str, Any] = call_json("status", self.name)[0]
        return found

    @property
    def state(self) -> str:
        """running, finished, stopped, failed, paused or interrupted."""
        return str(self.status["state"])

    @property
    def usage(self) -> dict[str, Any]:
        """What its trials used, in seconds: the key `usage` of `status`."""
        found: dict[str, Any] = self.status["usage"]
        return found

    @property
    def trials(self) -> Any:
        """The trials by id: a DataFrame where pandas is installed, else as `rows`."""
        return _frame(self.rows())

    @property
    def curves(self) -> Any:
        """What the trials reported: a DataFrame where pandas is installed, else as `reports`."""
        return _frame(self.reports())

    @property
    def best(self) -> Optional[dict[str, Any]]:
        """The best trial, with the keys of `rows`; None before the first one has succeeded."""
        number = self.status["best"]
        return None if number is None else self.trial(number)

    def rows(self) -> Rows:
        """The trials by id, as `heirloom trials NAME --json` prints them."""
        found: Rows = call_json("trials", self.name)
        return found

    def trial(self, number: int) -> dict[str, Any]:
        """One trial, with the keys of `rows`. Raises ClientError if there is no such trial."""
        found = self.rows()
        if not 0 <= number < len(found):
            raise ClientError(f"{self.name} has no trial {number}: it has {len(found)}")
        return found[number]

    def reports(self) -> Rows:
        """Each report with `trial`, `attempt`, `step`, `value` and the metrics by name.

        A number that a report lacks is None. Where a later attempt of a trial reports a step again,
        the last row counts.
        """
        text = call("curves", self.name, "--csv")
        return [
            {name: _number(name, value) for name, value in row.items()}
            for row in csv.DictReader(io.StringIO(text))
        ]

    def lineage(self, number: Optional[int] = None) -> Rows:
        """The trials from which a trial has its weights, the oldest first, and the trial itself.

        The default is the best trial.
        """
        words = [] if number is None else [str(number)]
        found: Rows = call_json("lineage", self.name, *words)
        return found

    def weights(self, number: Optional[int] = None) -> Path:
        """The directory with a trial's committed weights, by default those of the best trial.

        It is on the store, and read-only. Raises ClientError where there are none.
        """
        found = self.best if number is None else self.trial(number)
        if found is None:
            raise ClientError(f"{self.name} has no best trial yet: give the id of a trial")
        if found["weights"] is None:
            gone = "were removed" if found["removed"] else f"do not exist: it is {found['state']}"
            raise ClientError(f"the weights of trial {found['id']} of {self.name} {gone}")
        return Path(found["weights"])

    def export(self, number: int, directory: Union[str, Path]) -> Path:
        """Write a trial to a new directory, as `heirloom export` does. Returns the directory."""
        call("export", self.name, str(number), str(directory))
        return Path(directory)

    def cancel(self, *numbers: int, state: Optional[str] = None) -> str:
        """Cancel trials: those named, or with `state` all in some states, such as `waiting,ready`.

        Returns what was done.
        """
        by_state = [] if state is None else ["--state", state]
        return call("cancel", self.name, *map(str, numbers), *by_state, "--yes").strip()

    def stop(self) -> str:
        """End the search and its trials. Returns what was done."""
        return call("stop", self.name).strip()

    def resume(self) -> None:
        """Go on with a search that was left, stopped or paused, in a process of its own."""
        from .start import resume

        self._process = resume(self.name)

    def extend(self, trials: Union[int, str, None] = None, duration: Optional[str] = None) -> None:
        """Extend the budget: by a number of trials or a time with `+`, or to one in all.

        `trials` is such as 50 (that many more) or "200" (in all), `duration` such as "+8h" or
        "24h". A search that has ended goes on in a process of its own.
        """
        words = []
        if trials is not None:
            words += ["--trials", f"+{trials}" if isinstance(trials, int) else trials]
        if duration is not None:
            words += ["--duration", duration]
        if not words:
            raise ClientError("extend needs trials, a duration, or both")
        if self.state == "running":
            call("resume", self.name, *words)
            return
        from .start import resume

        self._process = resume(self.name, *words)

    def watch(self, show: Optional[Callable[[str], object]] = None) -> None:
        """Call `show` with each line of what happens, until the search has ended.

        The default prints them. In a notebook it keeps the latest lines in one output area below
        the cell.
        """
        show = shower() if show is None else show
        words = ("watch", self.name)
        with subprocess.Popen(
            [*program(), *words],
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="replace",
        ) as watching:
            assert watching.stdout is not None
            assert watching.stderr is not None
            try:
                for line in watching.stdout:
                    show(line.rstrip("\n"))
                said = watching.stderr.read()
            finally:
                watching.terminate()
        if watching.returncode > 0:
            raise ClientError(error_in(said, words))

    def wait(self) -> str:
        """Wait until the search has ended, or its controller has. Returns the state."""
        if self._process is not None:
            self._process.wait()
        elif self.state == "running":
            self.watch(lambda line: None)
        return self.state


def _frame(rows: Rows) -> Any:
    """A DataFrame of the rows where pandas is installed, else the rows."""
    try:
        import pandas
    except ImportError:
        return rows
    return pandas.DataFrame(rows)


def _number(name: str, text: str) -> Union[int, float, None]:
    if text == "":
        return None
    return int(text) if name in _WHOLE else float(text)
