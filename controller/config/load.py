"""From the experiment file to the experiment, and to text that a resume reads."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from controller.config.document import Document, read
from controller.config.experiment import Experiment
from controller.config.lookup import told
from controller.config.mistakes import ConfigError, Mistake

SPACE, SPACE_FILE = "search_space", "search_space_file"


def load(path: Path) -> Experiment:
    """The experiment that a file describes, its paths made absolute.

    The file is in Heirloom's own form or one of NNI's. Raises ConfigError, which lists every
    mistake with its place and what would be right.
    """
    return load_with_notes(path)[0]


def load_with_notes(path: Path) -> tuple[Experiment, list[str]]:
    """As `load`, and what is to be known of an NNI file: a line each, with its place."""
    base = Path(os.path.abspath(path)).parent  # noqa: PTH100 - keeps symlinks
    document, notes = native(read(path), base)
    space_known = _read_space_file(document, base)
    mistakes = document.mistakes
    try:
        experiment = Experiment.model_validate(document.value, context={"base": base})
    except ValidationError as error:
        for found in error.errors():
            if not space_known and found["loc"][:1] == (SPACE,):
                continue
            mistakes += told(found, document, Experiment)
    if mistakes:
        raise ConfigError(sorted(mistakes, key=lambda mistake: (mistake.file, mistake.line or 0)))
    return experiment, [str(note) for note in notes]


def native(document: Document, base: Path) -> tuple[Document, list[Mistake]]:
    """The document in Heirloom's own form, and what is to be known of it if it was in NNI's.

    Raises ConfigError where what it says in NNI's form cannot be read.
    """
    from controller.config import nni as nni  # not above: it is made of this package's parts

    version = nni.version_of(document.value)
    return (document, []) if version is None else nni.translated(document, version, base)


def dump(experiment: Experiment) -> str:
    """The experiment as JSON, with every default and absolute path in it, for `restore`."""
    return experiment.model_dump_json(by_alias=True, indent=1)


def restore(text: str) -> Experiment:
    """The experiment that `dump` wrote. Looks for no file: some may have gone since."""
    return Experiment.model_validate(json.loads(text))


def json_schema() -> dict[str, Any]:
    """A JSON schema of the experiment file, for editors."""
    schema = Experiment.model_json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _read_space_file(document: Document, base: Path) -> bool:
    """Put the search space into the document if it is in a file. Whether it is known then."""
    name = document.value.get(SPACE_FILE)
    if name is None:
        return True
    if not isinstance(name, str):
        return False  # the model says so
    if SPACE in document.value:
        words = f"give either {SPACE} or {SPACE_FILE}, not both"
        document.mistakes.append(document.mistake((SPACE_FILE,), words))
        return True
    try:
        space = read(base / Path(name).expanduser(), "the file with the search space")
    except RuntimeError:
        return False  # no such user, for ~; the model says so
    except ConfigError as error:
        if (base / Path(name).expanduser()).exists():  # of a missing one the model says so
            document.mistakes += error.mistakes
        return False
    document.value[SPACE] = space.value
    document.places |= {(SPACE, *key): place for key, place in space.places.items()}
    document.mistakes += space.mistakes
    return True
