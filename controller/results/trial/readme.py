"""The README of an exported trial."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from controller import __version__
from controller.core.model import Trial
from controller.formats import clock
from controller.results.trial import script
from controller.results.trial.environment import TrialEnvironment
from controller.state.record import Record
from controller.views import values
from heirloom.node.spec import Spec
from heirloom.store.manifest import Manifest

_FILES = (
    ("weights/", "its committed weights"),
    (script.SUMS, "the SHA-256 digest of each file of the weights"),
    ("params.json", "its params"),
    ("manifest.json", "its verdict, as the store has it"),
    ("code/", "the code that it ran"),
    ("runtime/", "the version of Heirloom that it imported"),
    ("parents/", "the weights that it started from, by trial"),
    ("requirements.txt", "the packages of its Python, as `pip freeze` prints them"),
    ("environment.json", "its Python and its machine"),
    (script.NAME, "trains it again"),
)


def readme(
    record: Record,
    trial: Trial,
    verdict: Manifest,
    *,
    spec: Spec | None,
    environment: TrialEnvironment | None,
    names: Sequence[str],
    remarks: Sequence[str],
) -> str:
    """The text. `names` are the files and directories of the export, `remarks` what it lacks."""
    objectives = record.experiment.rules.objectives
    facts = {
        "state": f"{verdict.state}{': ' if verdict.reason else ''}{verdict.reason}",
        "value": values.shown(objectives, verdict.value, verdict.values),
        "objective": str(objectives),
        "params": f"`{json.dumps(trial.params)}`",
        "starts from": ", ".join(f"trial {parent}" for parent in verdict.parents) or "nothing",
        "trained": "" if verdict.started_at is None else clock(verdict.started_at),
        "node": verdict.node or "",
        "python": "" if environment is None else f"{environment.version}, {environment.platform}",
        "exported by": f"Heirloom {__version__}",
    }
    parts = [f"# Trial {trial.id} of {record.place.name}\n", _table(("", ""), facts.items())]
    if spec is not None:
        parts.append(_again(environment))
    parts += [f"**Note.** {remark}.\n" for remark in remarks]
    parts.append(_table(("file", "contains"), [each for each in _FILES if each[0] in names]))
    return "\n".join(parts)


def _again(environment: TrialEnvironment | None) -> str:
    """How to train the trial again."""
    python = "its packages"
    if environment is not None:
        python = f"Python {environment.version} and the packages of `requirements.txt`"
    return (
        f"In an environment with {python}, this line trains it again:\n\n"
        f"    sh {script.NAME}\n\n"
        f"It writes into `{script.AGAIN}/`, and says whether the new weights are the same as those "
        "in `weights/`,\nbyte for byte. They are the same if the trial is deterministic, and the "
        "versions and the hardware\nare those of the search.\n"
    )


def _table(head: tuple[str, str], rows: Iterable[tuple[str, str]]) -> str:
    """A table in Markdown. Rows with an empty second cell are left out."""
    lines = [f"| {head[0]} | {head[1]} |", "|---|---|"]
    for name, text in rows:
        if text:
            cell = " ".join(text.replace("|", "\\|").split())
            lines.append(f"| {name} | {cell} |")
    return "\n".join(lines) + "\n"
