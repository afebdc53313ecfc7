"""Errors that a user reads: one line, exit code 2, never a traceback."""

from __future__ import annotations

from heirloom.store.os_errors import reason

__all__ = ["HeirloomError", "LaunchError", "reason"]


class HeirloomError(Exception):
    """An error that the user can correct. Its text says what is wrong, where, and what to do."""

    exit_code = 2


class LaunchError(HeirloomError):
    """The experiment cannot be started here."""
