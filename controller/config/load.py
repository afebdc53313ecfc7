"""Loads experiment files, and the JSON form of an experiment that a resume reads."""

from __future__ import annotations

import difflib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from controller.config.document import Document, read
from controller.config.document.text_fields import carry_text, refuse_ambiguous
from controller.config.experiment import Experiment
from controller.config.lookup import mistakes_of
from controller.config.mistakes import ConfigError, Mistake
from heirloom.tuners.registry import TUNERS

SPACE, SPACE_FILE, MODEL = "search_space", "search_space_file", "model"


def load(path: Path, space: Mapping[str, Any] | None = None) -> Experiment:
    """Load an experiment file, in Heirloom's form or one of NNI's. Paths are made absolute.

    `space` is the search space of its `model`. Without it that of the experiment is empty, and what
    depends on it is not checked.

    Raises ConfigError, which lists every mistake with its place and remedy.
    """
    return load_with_notes(path, space)[0]


def load_with_notes(
    path: Path, space: Mapping[str, Any] | None = None
) -> tuple[Experiment, list[str]]:
    """As `load`, with notes on what differs for an NNI configuration: one line each."""
    base = Path(os.path.abspath(path)).parent  # noqa: PTH100 - keeps symlinks
    document, notes = to_heirloom(read(path), base)
    carry_text(document, Experiment)
    if document.value.get(MODEL) is not None:
        _use_model(document, space)
    elif not _read_space_file(document, base):
        document.unknown.add((SPACE,))
    refuse_ambiguous(document)
    mistakes = document.mistakes
    context = {
        "base": base,
        "python": _python(document.value, base),
        "checks_space": _checks_space(document.value.get("tuner")),
        "expands_space": _expands_space(document),
    }
    try:
        experiment = Experiment.model_validate(document.value, context=context)
    except ValidationError as error:
        for found in error.errors():
            if not document.is_unknown(found["loc"]):
                mistakes += mistakes_of(found, document, Experiment)
    if mistakes:
        mistakes = list(dict.fromkeys(mistakes))
        raise ConfigError(sorted(mistakes, key=lambda mistake: (mistake.file, mistake.line or 0)))
    return experiment, [str(note) for note in notes]


def to_heirloom(document: Document, base: Path) -> tuple[Document, list[Mistake]]:
    """Translate the document to Heirloom's form if it is an NNI configuration, with notes.

    The mistakes of an NNI configuration are among those of the document.
    """
    from controller.config import nni  # not at the top: nni imports modules of this package

    version = nni.version_of(document.value)
    return (document, []) if version is None else nni.translate(document, version, base)


def dump(experiment: Experiment) -> str:
    """The experiment as JSON with every default and with absolute paths, for `restore`."""
    return experiment.model_dump_json(by_alias=True, indent=1)


def restore(text: str) -> Experiment:
    """The experiment that `dump` wrote. Files are not checked: some may be gone."""
    return Experiment.model_validate(json.loads(text))


def json_schema() -> dict[str, Any]:
    """A JSON schema of the experiment file, for editors."""
    schema = Experiment.model_json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _python(value: Mapping[str, Any], base: Path) -> Path | None:
    """`trial.python`; None if there is none, or if it is wrong, which the model reports."""
    trial = value.get("trial")
    python = trial.get("python") if isinstance(trial, dict) else None
    try:
        return base / Path(python).expanduser() if isinstance(python, str) else None
    except RuntimeError:  # `~user` of an unknown user
        return None


def _checks_space(tuner: Any) -> bool:
    """Whether the search space has to fit one of Heirloom's tuners, even if the tuner is wrong.

    A name that is near one of Heirloom's is taken for it. Other tuners may have types of their own.
    """
    if not isinstance(tuner, dict) or "class" in tuner:
        return tuner is None
    name = tuner.get("name")
    return name is None or bool(difflib.get_close_matches(str(name), TUNERS, n=1))


def _expands_space(document: Document) -> bool:
    """Whether the short form of a search space is known: not in the keys of an NNI configuration.

    A tuner that was written for NNI gets the space of such a file as it is.
    """
    keys = (SPACE, SPACE_FILE)
    return not document.sources or any(document.source((key,))[0] == "heirloom" for key in keys)


def _use_model(document: Document, space: Mapping[str, Any] | None) -> None:
    """Write the search space of `model` into the document; mistakes in it are at `model`."""
    given = [key for key in (SPACE, SPACE_FILE) if key in document.value]
    for key in given:
        text = f"give either {MODEL} or {key}, not both"
        document.mistakes.append(document.mistake((key,), text))
    if given or space is None:
        document.unknown.add((SPACE,))
    else:
        document.value[SPACE] = dict(space)
        document.places[SPACE,] = document.places[MODEL,]


def _read_space_file(document: Document, base: Path) -> bool:
    """Read `search_space_file` into the document. False if that failed."""
    name = document.value.get(SPACE_FILE)
    if name is None:
        return True
    if not isinstance(name, str):
        return False  # the model reports it
    if SPACE in document.value:
        text = f"give either {SPACE} or {SPACE_FILE}, not both"
        document.mistakes.append(document.mistake((SPACE_FILE,), text))
        return True
    try:
        space = read(base / Path(name).expanduser(), "the file with the search space")
    except RuntimeError:
        return False  # `~user` of an unknown user; the model reports it
    except ConfigError as error:
        if (base / Path(name).expanduser()).exists():  # the model reports a missing file
            document.mistakes += error.mistakes
        return False
    document.value[SPACE] = space.value
    document.places |= {(SPACE, *key): place for key, place in space.places.items()}
    document.texts |= {(SPACE, *key): text for key, text in space.texts.items()}
    document.mistakes += space.mistakes
    return True
