"""Documents as JSON text."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any


def encode(document: Any) -> str:
    """The document as JSON in ASCII, with null for a number that is not finite (RFC 8259)."""
    try:
        return _text(document)
    except ValueError:
        return _text(_finite(document))


def embed(document: Any) -> str:
    """The document as JSON that an HTML `script` element can hold.

    Without `<` no text ends the element or starts a comment in it (HTML, 4.12.1.3).
    """
    return encode(document).replace("<", "\\u003c")


def _text(document: Any) -> str:
    return json.dumps(document, allow_nan=False, separators=(",", ":"), default=str)


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(name): _finite(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(each) for each in value]
    return value
