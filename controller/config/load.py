"""Loads experiment files, and the JSON form of an experiment that a resume reads."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from controller.config.document import Document, read
from controller.config.experiment import Experiment
from controller.config.lookup import mistakes_of
from controller.config.mistakes import ConfigError, Mistake

SPACE, SPACE_FILE = "search_space", "search_space_file"


def load(path: Path) -> Experiment:
    """Load an experiment file, in Heirloom's form or one of NNI's. Paths are made absolute.

    Raises ConfigError, which lists every mistake with its place and remedy.
    """
    return load_with_notes(path)[0]


def load_with_notes(path: Path) -> tuple[Experiment, list[str]]:
    """As `load`, with notes on what differs for an NNI configuration: one line each."""
    base = Path(os.path.abspath(path)).parent  # noqa: PTH100 - keeps symlinks
    document, notes = to_heirloom(read(path), base)
    is_space_known = _read_space_file(document, base)
    mistakes = document.mistakes
    try:
        experiment = Experiment.model_validate(document.value, context={"base": base})
    except ValidationError as error:
        for found in error.errors():
            if not is_space_known and found["loc"][:1] == (SPACE,):
                continue
            mistakes += mistakes_of(found, document, Experiment)
    if mistakes:
        raise ConfigError(sorted(mistakes, key=lambda mistake: (mistake.file, mistake.line or 0)))
    return experiment, [str(note) for note in notes]


def to_heirloom(document: Document, base: Path) -> tuple[Document, list[Mistake]]:
    """Translate the document to Heirloom's form if it is an NNI configuration, with notes.

    Raises ConfigError if the NNI configuration is invalid.
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
    document.mistakes += space.mistakes
    return True
