"""Errors that a user reads: one line, exit code 2, never a traceback."""

from __future__ import annotations


class HeirloomError(Exception):
    """Something the user can mend. Its text says what is wrong, where, and what to do."""

    exit_code = 2


def reason(error: OSError) -> str:
    """Why the system refused, in its own words: `permission denied`, `no space left on device`."""
    text = error.strerror or str(error)
    return text[:1].lower() + text[1:]
