"""Finds the fields of a section by the keys of the file, and tells mistakes in them."""

from __future__ import annotations

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from controller.config.document import Document
from controller.config.mistakes import Key, Mistake, in_words


def told(error: ErrorDetails, document: Document, root: type[BaseModel]) -> list[Mistake]:
    """What pydantic found in a document, in words and with its place."""
    return [
        _told(key, words, error["type"], document, root)
        for key, words in in_words(error, keys_beside(root, error["loc"]))
    ]


def _told(key: Key, words: str, kind: str, document: Document, root: type[BaseModel]) -> Mistake:
    key = key if kind == "extra_forbidden" else _written(root, key)
    field = field_at(root, key)
    if kind == "missing" and field is not None and field.description:
        words = f"missing. {field.description}"
    return document.mistake(key, words)


def _written(root: type[BaseModel], key: Key) -> Key:
    """A key as a file has it: of a field with its default pydantic gives the attribute's name."""
    written: Key = ()
    for part in key:
        model = _model(root, written)
        field = model.model_fields.get(str(part)) if model else None
        written += (part if field is None else field.alias or part,)
    return written


def keys_beside(root: type[BaseModel], key: Key) -> list[str]:
    """The keys that may stand where this one does; none where any may."""
    model = _model(root, key[:-1])
    fields = model.model_fields.items() if model else ()
    return [field.alias or name for name, field in fields]


def field_at(root: type[BaseModel], key: Key) -> FieldInfo | None:
    """The field of a key."""
    model = _model(root, key[:-1])
    return _field(model, key[-1]) if model and key else None


def _model(root: type[BaseModel], key: Key) -> type[BaseModel] | None:
    """The section of the file that a key names. An index stands for an item of a list of them."""
    model = root
    for part in key:
        if isinstance(part, int):
            continue
        found = _section(getattr(_field(model, part), "annotation", None))
        if found is None:
            return None
        model = found
    return model


def _field(model: type[BaseModel], part: str | int) -> FieldInfo | None:
    fields = model.model_fields
    named = (field for name, field in fields.items() if (field.alias or name) == part)
    return next(named, None)


def _section(annotation: object) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    inner = map(_section, getattr(annotation, "__args__", ()))
    return next((section for section in inner if section), None)
