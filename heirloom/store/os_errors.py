"""The text of an OSError for people."""

from __future__ import annotations


def describe(error: OSError) -> str:
    """The operating system's reason in lower case, and the file name where the error has one.

    For example `no space left on device: /run/heirloom`.
    """
    text = error.strerror or str(error)
    text = text[:1].lower() + text[1:]
    return f"{text}: {error.filename}" if error.filename else text
