"""Finds the field of a model by its key in the file, and the place of pydantic's errors."""

from __future__ import annotations

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from controller.config.document import Document
from controller.config.mistakes import Key, Mistake, messages

REFUSED = "refused"  # in the JSON schema of a field: no value of it is valid


def mistakes_of(error: ErrorDetails, document: Document, root: type[BaseModel]) -> list[Mistake]:
    """The mistakes of one error of pydantic, with their places in the document."""
    return [
        _mistake(key, text, error["type"], document, root)
        for key, text in messages(error, sibling_keys(root, error["loc"]))
    ]


def _mistake(key: Key, text: str, kind: str, document: Document, root: type[BaseModel]) -> Mistake:
    key = key if kind == "extra_forbidden" else _file_key(root, key)
    field = field_at(root, key)
    if kind == "missing" and field is not None and field.description:
        text = f"missing. {field.description}"
    return document.mistake(key, text)


def _file_key(root: type[BaseModel], key: Key) -> Key:
    """The key in the file's spelling. For defaults, pydantic reports the attribute's name."""
    found: Key = ()
    for part in key:
        model = _model_at(root, found)
        field = model.model_fields.get(str(part)) if model else None
        found += (part if field is None else field.alias or part,)
    return found


def sibling_keys(root: type[BaseModel], key: Key) -> list[str]:
    """The keys that are valid at the place of this one; none if any key is."""
    model = _model_at(root, key[:-1])
    fields = model.model_fields.items() if model else ()
    return [field.alias or name for name, field in fields if not _is_refused(field)]


def field_at(root: type[BaseModel], key: Key) -> FieldInfo | None:
    """The field of a key."""
    model = _model_at(root, key[:-1])
    return _field(model, key[-1]) if model and key else None


def _model_at(root: type[BaseModel], key: Key) -> type[BaseModel] | None:
    """The model of the section at a key. An index stands for an item of a list of sections."""
    model = root
    for part in key:
        if isinstance(part, int):
            continue
        found = section_of(getattr(_field(model, part), "annotation", None))
        if found is None:
            return None
        model = found
    return model


def _field(model: type[BaseModel], part: str | int) -> FieldInfo | None:
    fields = model.model_fields
    named = (field for name, field in fields.items() if (field.alias or name) == part)
    return next(named, None)


def section_of(annotation: object) -> type[BaseModel] | None:
    """The model in an annotation, such as that of `list[Model]` or `Model | None`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    inner = map(section_of, getattr(annotation, "__args__", ()))
    return next((section for section in inner if section), None)


def _is_refused(field: FieldInfo) -> bool:
    extra = field.json_schema_extra
    return isinstance(extra, dict) and REFUSED in extra
