"""Everything of one trial."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from controller.core.experiment import Experiment
from controller.core.model import Trial
from controller.errors import HeirloomError
from controller.formats import command
from controller.state import record as records
from controller.views.page.documents.trial.changes import changes
from controller.views.page.figures.thin import columns
from controller.views.page.source import Source
from controller.views.results import inherited
from controller.views.trials.diff import relation
from heirloom.store import manifest
from heirloom.store.files import RealFiles
from heirloom.store.manifest import Manifest, ManifestError

_FILES = 1_000  # of a manifest
_POINTS = 600  # of a curve
_METRICS = 50  # curves


def fetch(source: Source, number: int) -> Callable[[], Manifest | None]:
    """The manifest of the trial, None while it has no verdict."""
    if not source.trials[number].state.is_verdict:
        return lambda: None
    root = str(source.record.root.path)
    return lambda: _read(root, number)


def document(source: Source, number: int, found: Any, *, read_only: bool = False) -> dict[str, Any]:
    """A trial as `heirloom trials --json` has it, and what explains it.

    `diff` has for each parent the params that differ, as name, the parent's value and its own. The
    `origin` of a file is the trial that committed its bytes first, null for this one.
    `manifest` is null where there is none, and `problem` says why. `curves` has the reports by
    name, those of the value under `value`; at most 50 metrics. `found`: of `fetch`.
    """
    record, trial = source.record, source.trials[number]
    x = record.experiment
    return {
        **records.row(record, trial),
        "why": records.why(record, trial),
        "shown": source.shown(trial),
        "is_best": trial.id == x.best,
        "is_verdict": trial.state.is_verdict,
        "size": trial.size,
        "shared": trial.shared,
        "damaged": x.damaged.get(trial.id),
        "diff": [_diff(x, parent, trial) for parent in trial.restore],
        "children": source.children.get(trial.id, []),
        "inherited": _inherited(trial),
        "manifest": _manifest(found) if isinstance(found, Manifest) else None,
        "problem": str(found) if isinstance(found, HeirloomError) else None,
        "curves": dict(_curves(source, trial)),
        "actions": [] if read_only else ["retry" if trial.state.is_verdict else "cancel"],
        "commands": _commands(source.name, trial),
    }


def _read(root: str, number: int) -> Manifest | None:
    try:
        return manifest.read(RealFiles(), root, number)
    except ManifestError as error:
        raise ValueError(f"the manifest of trial {number} is damaged: {error}") from None


def _diff(x: Experiment, parent: int, trial: Trial) -> dict[str, Any]:
    source = x.trials[parent]
    return {
        "parent": parent,
        "value": source.value,
        "relation": relation(x, source, trial),
        "changes": changes(source.params, trial.params),
    }


def _inherited(trial: Trial) -> dict[str, Any] | None:
    """The report of `heirloom.torch.inherit`, and `words` about it."""
    words, _ = inherited(trial.result)
    return {**trial.result["inherited"], "words": words} if words else None


def _manifest(found: Manifest) -> dict[str, Any]:
    return {
        "state": found.state,
        "attempt": found.attempt,
        "node": found.node,
        "started_at": found.started_at,
        "seconds": dict(found.seconds),
        "size": found.size,
        "shared": found.shared,
        "files": [
            {"path": each.path, "size": each.size, "digest": each.digest, "origin": each.shared}
            for each in found.files[:_FILES]
        ],
        "left_out": max(0, len(found.files) - _FILES),
    }


def _curves(source: Source, trial: Trial) -> Iterator[tuple[str, dict[str, Any]]]:
    if values := source.curves.get(trial.id):
        yield "value", columns(values, _POINTS)
    for name in list(source.metrics)[:_METRICS]:
        if points := source.metrics[name].get(trial.id):
            yield ("metrics.value" if name == "value" else name), columns(points, _POINTS)


def _commands(name: str, trial: Trial) -> dict[str, str]:
    number = str(trial.id)
    found = {"show": command("show", name, number)}
    if trial.attempts:
        found["logs"] = command("logs", name, number)
    if trial.state.is_verdict:
        found["retry"] = command("retry", name, number)
    else:
        found["cancel"] = command("cancel", name, number)
    if trial.restore:
        found["diff"] = command("diff", name, str(trial.restore[0]), number)
        found["lineage"] = command("lineage", name, number)
    if records.has_weights(trial):
        found["export"] = command("export", name, number, f"{name}-{number}")
    return found
