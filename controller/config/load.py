"""From the experiment file to the experiment, and to text that a resume reads."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from controller.config.document import Document, read
from controller.config.experiment import Experiment
from controller.config.mistakes import ConfigError, Key, Mistake, in_words

SPACE, SPACE_FILE = "search_space", "search_space_file"


def load(path: Path) -> Experiment:
    """The experiment that a file describes, its paths made absolute.

    Raises ConfigError, which lists every mistake with its place and what would be right.
    """
    base = Path(os.path.abspath(path)).parent  # noqa: PTH100 - keeps symlinks
    document = read(path)
    space_known = _read_space_file(document, base)
    mistakes = document.mistakes
    try:
        experiment = Experiment.model_validate(document.value, context={"base": base})
    except ValidationError as error:
        for found in error.errors():
            if not space_known and found["loc"][:1] == (SPACE,):
                continue
            for key, words in in_words(found, _keys_beside(found["loc"])):
                mistakes.append(_placed(document, key, words, found["type"]))
    if mistakes:
        raise ConfigError(sorted(mistakes, key=lambda mistake: (mistake.file, mistake.line or 0)))
    return experiment


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
        document.mistakes.append(_placed(document, (SPACE_FILE,), words))
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


def _placed(document: Document, key: Key, words: str, kind: str = "") -> Mistake:
    place = document.place(key)
    if kind == "missing" and (field := _field(key)) is not None and field.description:
        words = f"missing. {field.description}"
    return Mistake(place.file, place.line, key, words)


def _keys_beside(key: Key) -> list[str]:
    """The keys that may stand where this one does; none where any may."""
    model = _model(key[:-1])
    fields = model.model_fields.items() if model else ()
    return [field.alias or name for name, field in fields]


def _field(key: Key) -> FieldInfo | None:
    model = _model(key[:-1])
    return model.model_fields.get(str(key[-1])) if model and key else None


def _model(key: Key) -> type[BaseModel] | None:
    """The section of the file that a key names."""
    model: type[BaseModel] = Experiment
    for part in key:
        field = model.model_fields.get(str(part))
        kinds = getattr(field.annotation, "__args__", [field.annotation]) if field else []
        sections = [k for k in kinds if isinstance(k, type) and issubclass(k, BaseModel)]
        if not sections:
            return None
        model = sections[0]
    return model
