"""JSON as advisors and tuners of NNI 2 write it."""

from __future__ import annotations

import json
from typing import IO, Any, Optional

__all__ = ["dump", "load"]


def dump(obj: Any, fp: Optional[IO[str]] = None, **json_args: Any) -> str:
    """The object as JSON, also written to `fp`. Numbers and arrays of numpy become plain ones.

    Raises TypeError for an object that JSON cannot represent, such as one of NNI's own types.
    """
    text = json.dumps(obj, default=_plain, **json_args)
    if fp is not None:
        fp.write(text)
    return text


def load(string: Optional[str] = None, *, fp: Optional[IO[str]] = None, **json_args: Any) -> Any:
    """The object in a text or in a file. Raises ValueError unless exactly one of them is given."""
    if (string is None) == (fp is None):
        raise ValueError("give either a text or fp")
    return json.loads(fp.read() if fp is not None else str(string), **json_args)


def _plain(value: Any) -> Any:
    """A value of numpy in plain types."""
    for name in ("tolist", "item"):
        convert = getattr(value, name, None)
        if callable(convert):
            return convert()
    raise TypeError(f"{type(value).__name__} cannot be written as JSON")
