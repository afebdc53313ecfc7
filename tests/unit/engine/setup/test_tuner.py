"""A resumed tuner goes on from its state, or repeats its calls where it cannot."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from controller.config.load import load
from controller.core import events as e
from controller.engine.continuation.replay import replay
from controller.engine.setup import tuner as setup
from controller.state.journal import Journal
from controller.state.reading.tuner_state import TunerState
from controller.tuners.pipe import TunerError

EXPERIMENT = """\
trial: {command: "true"}
tuner: {name: random}
search_space: {x: {_type: choice, _value: [1, 2]}}
budget: {trials: 9}
"""
EVENTS: list[e.Event] = [
    e.Opened(at=1),
    e.ProposalAsked(at=2, trial=0),
    e.Proposed(at=3, trial=0, params={"x": 1}),
    e.ProposalAsked(at=4, trial=1),
    e.Proposed(at=5, trial=1, params={"x": 2}),
]
BROKEN = e.SearchEnded(at=6, reason="it broke", error=True)


class Process:
    """A tuner's process that answers `load_state` as it is told to."""

    answers: list[str | TunerError]
    made: list[Process]

    def __init__(self, setup: Any, log: Path, post: Any, python: str) -> None:
        self.post = post
        self.loaded: Any = None
        self.replayed: list[int] = []
        self.closed = False
        self.made.append(self)

    def wait_ready(self, timeout: float) -> dict[str, Any]:
        return {"lookahead": None, "ends_itself": False, "concludes": False, "chain": False}

    def load_state(self, saved: Any) -> str:
        self.loaded = saved["state"]
        answer = self.answers.pop()
        if isinstance(answer, TunerError):
            self.post([BROKEN])
            raise answer
        return answer

    def replay(self, calls: Any) -> list[str]:
        self.replayed = [call[1] for call in calls]
        self.post([BROKEN])
        return []

    def close(self, timeout: float) -> None:
        self.closed = True


@pytest.mark.parametrize(
    ("state", "answer", "replayed", "processes"),
    [
        (None, "", [0, 1], 1),
        (3, "", [1], 1),
        (3, "it rejects the state", [0, 1], 2),
        (3, TunerError("it died"), [0, 1], 2),
    ],
)
def test_what_is_repeated(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    state: int | None,
    answer: Any,
    replayed: list[int],
    processes: int,
) -> None:
    Process.answers, Process.made = [answer], []
    monkeypatch.setattr(setup, "TunerProcess", Process)
    (tmp_path / "e.yml").write_text(EXPERIMENT)
    config = load(tmp_path / "e.yml")
    posted: list[e.Event] = []
    with Journal.create(tmp_path / "journal.db") as journal:
        journal.append(EVENTS)
        if state is not None:
            journal.keep_tuner_state(TunerState(state, cast("Any", {"state": "s"})))
        session = SimpleNamespace(
            config=config,
            journal=journal,
            experiment=replay(config, journal),
            created=SimpleNamespace(seed=1, python=""),
            root=SimpleNamespace(experiment="e-1"),
            directory=SimpleNamespace(checkpoint=tmp_path / "checkpoint"),
        )
        started = setup.start_tuner(cast("Any", session), tmp_path / "log", posted.extend)
    *replaced, last = Process.made
    assert started.process is cast("Any", last)
    assert (last.replayed, len(Process.made)) == (replayed, processes)
    assert last.loaded == ("s" if state is not None and processes == 1 else None)
    assert posted == [BROKEN]  # of the process that is used
    assert [each.closed for each in (*replaced, last)] == [True] * len(replaced) + [False]
