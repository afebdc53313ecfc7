"""How trials of another experiment become the first trials of this one."""

from __future__ import annotations

from controller.core import events as e
from controller.core.model import Origin, State, Trial
from controller.core.state import ExperimentState
from controller.core.transitions.verdicts import note_committed


def imported(x: ExperimentState, event: e.Imported) -> None:
    """Add the trial, with its verdict. It never runs, and the tuner gets its result."""
    asked = x.imports
    if asked is None or not x.is_importing or event.trial != len(x.trials):
        return
    source = asked.trials[event.trial]
    trial = Trial(
        event.trial,
        asked.candidates[event.trial],
        (),
        (),
        State.SUCCEEDED,
        event.at,
        value=event.value,
        values=event.values or {},
        result=event.result,
        weights=True,
        ended_at=event.at,
        size=event.size,
        origin=Origin(asked.experiment, asked.root, source),
        reason=f"imported from trial {source} of {asked.experiment}",
        candidate=source not in asked.no_candidates,
    )
    x.add(trial)
    x.largest = max(x.largest, trial.size)
    x.standing[trial.id] = None
    x.commands.results.due[trial.id] = None
    note_committed(x, trial)
