"""Read an experiment from its journal, for commands and reports."""

from __future__ import annotations

import contextlib
import dataclasses
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from controller.core.experiment import Experiment
from controller.core.model import Attempt, State, Trial, attempt_name
from controller.core.usage.amounts import usage_of
from controller.core.usage.training import Training
from controller.errors import HeirloomError
from controller.formats import command
from controller.state.experiment_dir import ExperimentDir
from controller.state.journal import Journal
from controller.state.lock import holder_of, is_locked
from controller.state.reading.curve import Points
from controller.state.reading.curves import Curves, Reports
from controller.state.reading.reader import Listed, StoredTrials
from controller.store.layout import Root

if TYPE_CHECKING:
    from controller import config as configs


class RecordError(HeirloomError):
    """The experiment cannot be read, or has no such trial."""


@dataclass
class Record:
    """The state of one experiment, from its journal."""

    place: ExperimentDir
    experiment: Experiment
    root: Root
    is_running: bool  # whether a controller runs it now
    curves: dict[int, Points] = field(default_factory=dict)  # by trial
    metric_curves: dict[str, dict[int, Points]] = field(default_factory=dict)  # by name and trial

    @cached_property
    def training(self) -> Training:
        """How much training its trials inherited."""
        return Training(self.experiment.trials)

    @cached_property
    def config(self) -> configs.Experiment:
        """The experiment file. Raises RecordError."""
        return read_config(self.place)

    @property
    def model(self) -> str | None:
        """The model that the search space comes from, as the file names it. Raises RecordError."""
        model: str | None = self._file.get("model")
        return model

    @property
    def exporters(self) -> list[str]:
        """The names of its exporters (controller/state/exporters.py). Raises RecordError."""
        return list(self._file.get("exporters", {}))

    @cached_property
    def _file(self) -> dict[str, Any]:
        """The experiment file, without its checks. Earlier versions wrote fewer keys."""
        try:
            found = json.loads(self.place.config.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise _unreadable(self.place, error) from None
        return found if isinstance(found, dict) else {}

    @property
    def state(self) -> str:
        """running, finished, stopped, failed (the tuner broke), paused or interrupted.

        The last two are resumed.
        """
        experiment = self.experiment
        if experiment.closed is None:
            if experiment.paused is not None:
                return "paused"
            return "running" if self.is_running else "interrupted"
        if experiment.search_over and experiment.search_over.error:
            return "failed"
        return "stopped" if experiment.stopping is not None else "finished"

    @property
    def holder(self) -> str:
        """The process that runs it, or ran it last."""
        return holder_of(self.place)

    def trial(self, number: int) -> Trial:
        """One trial. Raises RecordError when there is none of this number."""
        trials = self.experiment.trials
        if not 0 <= number < len(trials):
            known = f"0 to {len(trials) - 1}" if trials else "none yet"
            raise RecordError(f"{self.place.name} has no trial {number} (its trials: {known})")
        return trials[number]


def listed(trials: Iterable[Trial]) -> Iterator[Listed]:
    """What is needed to choose some of the trials, without reading the others."""
    if isinstance(trials, StoredTrials):
        return trials.listed()
    return (Listed(trial.id, trial.state, trial.value, trial.candidate) for trial in trials)


def some(trials: Sequence[Trial], ids: Sequence[int]) -> list[Trial]:
    """These of the trials, without reading the others."""
    if isinstance(trials, StoredTrials):
        return trials.load(ids)
    return [trials[number] for number in ids]


def read_config(place: ExperimentDir) -> configs.Experiment:
    """The experiment file as it was when the experiment was created. Raises RecordError."""
    from controller import config as configs

    try:
        return configs.restore(place.config.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _unreadable(place, error) from None


def _unreadable(place: ExperimentDir, error: Exception) -> RecordError:
    return RecordError(
        f"{place.config} cannot be read: {error}: take it from the store with "
        f"`{command('recover', place.name)}`"
    )


def load(place: ExperimentDir, *, curves: bool = False) -> Record:
    """Read a record, with all trials. `curves`: their reports as well, thinned out.

    Raises HeirloomError.
    """
    with Journal.open(place.journal, readonly=True) as journal, journal.snapshot():
        return _read(place, journal, lazy=False, curves=curves)


@contextlib.contextmanager
def opened(place: ExperimentDir) -> Iterator[Record]:
    """A record of which a trial is read when it is asked for, within the context.

    Its cost does not depend on the number of trials. Use it for a short time: while it is open,
    SQLite's log grows with what the controller writes. Raises HeirloomError.
    """
    with Journal.open(place.journal, readonly=True) as journal, journal.snapshot():
        yield _read(place, journal, lazy=True, curves=False)


def _read(place: ExperimentDir, journal: Journal, *, lazy: bool, curves: bool) -> Record:
    restored = journal.restore(lambda: read_config(place).rules(), lazy=lazy)
    experiment = restored.experiment
    reported = journal.curves(restored) if curves else Curves()
    for _, event in journal.read(restored.seq):
        experiment.apply(event)
        if curves and isinstance(event, Reports):
            reported.add(event)
    if experiment.created is None:
        raise RecordError(
            f"{place.journal}: the journal is empty: the experiment was never started"
        )
    root = Root(Path(experiment.created.root))
    return Record(
        place,
        experiment,
        root,
        is_locked(place),
        curves=reported.values,
        metric_curves=reported.metrics,
    )


def row(record: Record, trial: Trial) -> dict[str, Any]:
    """A trial as plain data; times in seconds since the epoch, null where not reached."""
    last = trial.attempts[-1] if trial.attempts else None
    usage = usage_of(trial)
    return {
        "id": trial.id,
        "parents": list(trial.parents),
        "restored": list(last.restore) if last is not None else [],
        "distance": trial.distance,
        "state": str(trial.state),
        "reason": trial.reason,
        "attempts": [_attempt(trial, attempt) for attempt in trial.attempts],
        "node": last.node if last is not None else None,
        "params": trial.params,
        "value": trial.value,
        "values": dict(record.experiment.rules.objectives.values(trial.value, trial.values)),
        "front": trial.id in record.experiment.front,
        "result": trial.result,
        "metrics": dict(last.metrics) if last is not None else {},
        "proposed_at": trial.proposed_at,
        "started_at": trial.started_at,
        "ended_at": trial.ended_at,
        "seconds": dict(trial.seconds),
        "peak_memory": trial.peak_memory,
        "cpu_seconds": trial.cpu_seconds,
        "gpu_seconds": usage.known_gpu_seconds,
        "lost_seconds": usage.lost.seconds,
        "inherited_seconds": record.training.inherited_seconds(trial.id),
        "weights": record.root.weights_text(trial.id) if has_weights(trial) else None,
        "removed": trial.removed,
        "retry_of": trial.retry_of,
        "candidate": trial.candidate,
        "imported": None if trial.origin is None else dataclasses.asdict(trial.origin),
    }


def has_weights(trial: Trial) -> bool:
    """Whether its weights are on the store."""
    return trial.weights and not trial.removed


def removed_parents(record: Record, trial: Trial) -> list[int]:
    """The parents whose weights were removed, so that the trial cannot start from them again."""
    return [parent for parent in trial.parents if record.experiment.trials[parent].removed]


def _attempt(trial: Trial, attempt: Attempt) -> dict[str, Any]:
    return {
        "attempt": attempt_name(trial.id, attempt.number),
        "node": attempt.node,
        "state": str(attempt.state),
        "outcome": None if attempt.outcome is None else str(attempt.outcome),
        "reason": attempt.reason,
        "placed_at": attempt.placed_at,
        "started_at": attempt.started_at,
        "ended_at": attempt.ended_at,
        "continued": continued(trial, attempt),
    }


def continued(trial: Trial, attempt: Attempt) -> dict[str, Any] | None:
    """The earlier attempt that an attempt continues, and the step of its checkpoint."""
    if attempt.continued is None:
        return None
    source, step = attempt.continued
    return {"attempt": attempt_name(trial.id, source), "step": step}


def why(record: Record, trial: Trial) -> str:
    """Describe why a trial is in its state."""
    experiment, attempt = record.experiment, trial.attempt
    if trial.state.is_verdict:
        return trial.reason or ("committed" if trial.state is State.SUCCEEDED else "")
    verdict = experiment.commands.verdicts.issued.get(trial.id)
    if verdict is not None:
        return f"is being {verdict.state}: {verdict.reason}"
    unmet = [p for p in trial.restore if not experiment.trials[p].inheritable]
    if unmet:
        parents = ", ".join(f"{p} ({experiment.trials[p].state})" for p in unmet)
        where = f"on {attempt.node}, " if attempt else ""
        return f"{where}waits for its parents: {parents}"
    if attempt is None:
        down = experiment.placement.down
        return f"waits for a node ({', '.join(down)} down)" if down else "waits for a node"
    if trial.state is State.RUNNING:
        return f"runs on {attempt.node}"
    if (preparing := experiment.preparing.get(attempt.node)) is not None:
        by = attempt_name(preparing.trial, preparing.number)
        return f"on {attempt.node}, waits for its preparation by attempt {by}"
    return f"on {attempt.node}, waits for a slot"
