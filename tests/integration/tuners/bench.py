"""Starts tuner processes for tests, and collects what they post."""

import queue
import sys
from pathlib import Path
from typing import Any

from controller.core.events import Event, SearchEnded
from controller.tuners.process import TunerProcess

PATIENCE = 60.0  # seconds that a loaded machine may take
SPACE = {"x": {"_type": "uniform", "_value": [0, 1]}}


class Bench:
    """Starts tuner processes and collects what they post."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.log = directory / "tuner.log"
        self.posted: queue.Queue[Event] = queue.Queue()
        self.started: list[TunerProcess] = []

    def start(
        self, tuner: dict[str, Any], python: str = sys.executable, **setup: Any
    ) -> TunerProcess:
        setup = {"assessor": None, "space": SPACE, "seed": 1, "maximize": True, **setup}
        process = TunerProcess({"tuner": tuner, **setup}, self.log, self._post, python)
        self.started.append(process)
        return process

    def own(self, body: str, **setup: Any) -> TunerProcess:
        """A tuner whose source is given, without its first lines."""
        source = "from heirloom.tuners import Proposal, SearchFinished, Tuner\n" + body
        (self.directory / "my_tuner.py").write_text(source)
        tuner = {"class": "my_tuner.MyTuner", "code_dir": str(self.directory), "args": {}}
        return self.start(tuner, **setup)

    def event(self) -> Event:
        return self.posted.get(timeout=PATIENCE)

    def error(self) -> str:
        event = self.event()
        assert isinstance(event, SearchEnded)
        assert event.error
        assert str(self.log) in event.reason
        return event.reason

    def _post(self, events: Any) -> None:
        for event in events:
            self.posted.put(event)


def proposing(*lines: str) -> str:
    """The source of a tuner whose `propose` has these lines."""
    body = "\n".join(f"        {line}" for line in lines)
    return (
        "class MyTuner(Tuner):\n"
        "    def __init__(self, space, *, seed, maximize): self.results = []\n"
        "    def observe(self, result): self.results.append(result)\n"
        f"    def propose(self, trial_id):\n{body}\n"
    )


def result(trial: int, value: float | None = 1.0, **more: Any) -> dict[str, Any]:
    state = "failed" if value is None else "succeeded"
    base = {"trial_id": trial, "state": state, "value": value, "params": {"x": 0.5}}
    return {**base, "parents": [], "result": None, "weights": value is not None, **more}
