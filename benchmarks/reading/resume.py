"""The start of a resume with many trials, up to the tuner that is ready to be asked.

As a program, `python -m benchmarks.reading.resume HOME`, it is that start: it opens the experiment
as `resume` does, from the reading tables, and lets the tuner go on from its latest state.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from benchmarks.figure import Figure
from benchmarks.reading.experiment import NAME, ManyTrials
from controller.engine import (
    assembly,  # noqa: F401 - a resume loads it
    session,
)
from controller.engine.setup.tuner import start_tuner
from controller.state.home import Home
from controller.state.reading.tuner_state import TunerState
from controller.tuners.results import result_of
from heirloom.tuners import Result
from heirloom.tuners.evolution import Evolution
from heirloom.tuners.process.protocol import SavedState

TARGET = 5.0  # seconds


def measure(made: ManyTrials, runs: int) -> Figure:
    """Seconds of the whole process, with the state of a tuner that has observed every trial."""
    with made.journal(tables=False) as journal:
        journal.keep_tuner_state(TunerState(journal.tables_end(), _state(made)))
    command = [sys.executable, "-m", "benchmarks.reading.resume", str(made.home.path)]
    repository = Path(__file__).resolve().parents[2]
    seconds, cpu = [], ""
    for _ in range(runs):
        began = time.perf_counter()
        ended = subprocess.run(command, cwd=repository, capture_output=True, text=True, check=False)
        seconds.append(time.perf_counter() - began)
        if ended.returncode != 0:
            raise RuntimeError(ended.stderr[-500:])
        cpu = ended.stdout.strip()
    return Figure(
        name=f"resume until the tuner is ready, {len(made.experiment.trials):,} trials",
        unit="s",
        values=tuple(seconds),
        target=TARGET,
        against=f"of it {cpu} s of CPU, without the tuner's process",
    )


def _state(made: ManyTrials) -> SavedState:
    """The state of a tuner that has observed every trial that has ended."""
    config = made.config
    tuner = Evolution(config.search_space, seed=1, maximize=config.objectives.first.maximize)
    for trial in made.experiment.trials:
        if trial.state.is_verdict:
            fields = result_of(trial, config.objectives)
            tuples = {name: tuple(fields[name]) for name in ("parents", "restored")}
            tuner.observe(Result(**{**fields, **tuples}))
    state = tuner.state()
    return {"tuner": "tuner evolution", "state": state, "assessor": None, "reason": "", "code": ""}


def begin(home: Home) -> None:
    """Resume the experiment, up to its tuner."""
    with session.lock(NAME, home) as found:
        assert found.restored is not None
        if not found.restored.seq:
            raise RuntimeError("the reading tables do not fit")
        found.journal.follow(found.experiment, found.restored)
        tuner = start_tuner(found, home.path / "tuner.log", lambda events: None)
        print(f"{time.process_time():.2f}")
        tuner.process.close(60.0)


if __name__ == "__main__":
    begin(Home(Path(sys.argv[1])))
