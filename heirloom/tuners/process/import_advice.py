"""What to do about a failed import of user code."""

from __future__ import annotations

import re
import sys
import traceback

_MOVED = re.compile(r"\bcontroller\.(tuners|assessors|space)\b")  # where these packages used to be


def import_advice(error: BaseException) -> str:
    """What to do about a failed import, as `; TEXT`; empty for other errors."""
    if not isinstance(error, ImportError):
        return ""
    for frame in traceback.extract_tb(error.__traceback__):
        if moved := _MOVED.search(frame.line or ""):
            return f"; import from heirloom.{moved[1]} instead of {moved[0]}"
    if isinstance(error, ModuleNotFoundError) and not f"{error}".startswith("Heirloom's nni "):
        return f"; this Python, {sys.executable}, has no such module"
    return ""
