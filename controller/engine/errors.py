"""Errors of the engine."""

from __future__ import annotations

from controller.errors import HeirloomError


class LaunchError(HeirloomError):
    """The experiment cannot be started here."""
