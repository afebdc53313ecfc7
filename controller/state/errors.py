"""Errors of the local state directory."""

from __future__ import annotations

import errno
from pathlib import Path

from controller.errors import HeirloomError, reason


class HomeError(HeirloomError):
    """The local state directory cannot be used, or an experiment is not in it."""


class LockedError(HomeError):
    """Another controller runs the experiment."""


def cannot_write(path: Path, error: OSError) -> HomeError:
    """The error for a path under HEIRLOOM_HOME that cannot be written."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        advice = "free some space there, or set HEIRLOOM_HOME to another local directory"
    else:
        advice = "set HEIRLOOM_HOME to a local directory that you can write"
    return HomeError(f"cannot write {path}: {reason(error)}: {advice}")
