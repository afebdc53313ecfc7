"""The text of an OSError for people."""

from __future__ import annotations


def reason(error: OSError) -> str:
    """The operating system's reason in lower case, for example `permission denied`."""
    text = error.strerror or str(error)
    return text[:1].lower() + text[1:]


def describe(error: OSError) -> str:
    """The reason, and the file name where the error has one.

    For example `no space left on device: /run/heirloom`.
    """
    return f"{reason(error)}: {error.filename}" if error.filename else reason(error)
