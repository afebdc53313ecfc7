"""The importance of params, worked out by Optuna in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any

from controller.views.page.documents.analysis import evaluate
from controller.views.page.documents.analysis.columns import columns
from controller.views.page.documents.analysis.understanding import selected, valued
from controller.views.page.source import Source

TRIALS = 1_000  # that are looked at
_FEWEST = 10  # trials with which it is tried
_GROWTH = 1.1  # it is worked out anew when there are so many times more trials
_LIMIT = 60.0  # seconds
_LAST_WORDS = 300  # characters of an error that are shown

Found = Mapping[str, Any]


def document(source: Source, limit: float | None = None) -> dict[str, Any]:
    """The shares that are known, and what is done for others.

    `state` is `few` (too few trials), `missing` (no Optuna), `working`, `done` or `failed`; `words`
    say more where there is more to say. `results` has, for each evaluator and objective, the share
    of each param, or an `error`. They are those of `trials` trials, and stand while new ones are
    worked out.

    limit: seconds to wait for the result. None: it is worked out in the background, and a later
        document has it.
    """
    trials = valued(source)
    if len(trials) < _FEWEST:
        return _plain("few", f"importance needs {_FEWEST} results, and there are {len(trials)}")
    if find_spec("optuna") is None:
        return _plain(
            "missing",
            "importance is worked out by Optuna, which is not installed beside Heirloom: "
            "python -m pip install 'heirloom[optuna]'; in a clone: -r requirements-optuna.txt",
        )
    if limit is not None:
        work = _Work(len(trials), _table(source))
        work.run(limit)
        return work.document()
    return _works.document(source.record.root.experiment, source, len(trials))


def _table(source: Source) -> list[dict[str, Any]]:
    found = columns(source, selected(source, TRIALS))
    return [column.plain() for column in found.columns]


def _plain(
    state: str, words: str = "", trials: int = 0, results: Sequence[Found] = ()
) -> dict[str, Any]:
    return {
        "state": state,
        "words": words,
        "trials": trials,
        "evaluators": list(evaluate.EVALUATORS),
        "results": list(results),
    }


@dataclass
class _Work:
    """One run of the evaluators.

    Args:
        trials: the number of results that the experiment had.
        table: the columns.
    """

    trials: int
    table: Sequence[Mapping[str, Any]]
    state: str = "working"
    words: str = ""
    results: list[Found] = field(default_factory=list)

    def run(self, limit: float = _LIMIT) -> None:
        """Work it out. What takes longer than `limit` seconds is left out."""
        text, words = _output(json.dumps(self.table), limit)
        whole = text.rpartition("\n")[0]  # a process that was ended may leave a part of a line
        self.results = [json.loads(line) for line in whole.splitlines()]
        self.words = words
        self.state = "done" if self.results else "failed"

    def document(self) -> dict[str, Any]:
        """What is known."""
        rows = len(self.table[0]["values"]) if self.table else 0
        return _plain(self.state, self.words, rows, self.results)


class _Works:
    """The runs for the experiments of this process. One is under way at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()  # of what follows
        self._busy = threading.Lock()  # while a run is under way
        self._latest: dict[str, _Work] = {}
        self._ended: dict[str, _Work] = {}

    def document(self, experiment: str, source: Source, trials: int) -> dict[str, Any]:
        """What is known of an experiment. Starts a run where there is none of so many trials."""
        with self._lock:
            latest = self._latest.get(experiment)
            if latest is None or (latest.state != "working" and trials >= latest.trials * _GROWTH):
                latest = self._latest[experiment] = _Work(trials, _table(source))
                threading.Thread(
                    target=self._run, args=(experiment, latest), name="importance", daemon=True
                ).start()
            before = self._ended.get(experiment, latest)
        return {**before.document(), "state": latest.state}

    def _run(self, experiment: str, work: _Work) -> None:
        with self._busy:
            work.run()
        with self._lock:
            self._ended[experiment] = work


_works = _Works()


def _output(table: str, limit: float) -> tuple[str, str]:
    """What the process wrote, and in words why some of it is missing."""
    command = [sys.executable, "-P", evaluate.__file__]
    try:
        ended = subprocess.run(
            command, input=table, capture_output=True, text=True, timeout=limit, check=False
        )
    except subprocess.TimeoutExpired as error:
        written = error.stdout or b""
        text = written.decode() if isinstance(written, bytes) else written
        return text, f"the rest took longer than {limit:g} s and is left out"
    except OSError as error:
        return "", f"its process cannot be started: {error}"
    if ended.returncode:
        last = (ended.stderr.strip().splitlines() or [f"exit code {ended.returncode}"])[-1]
        return ended.stdout, f"its process failed: {last[:_LAST_WORDS]}"
    return ended.stdout, ""
