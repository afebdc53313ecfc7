"""Verify the weights of a parent before a child starts, with retries."""

from __future__ import annotations

from collections.abc import Callable
from typing import Optional

from ...store import manifest
from ...store.commits.verify import differences
from ...store.files import Files
from ...store.manifest import Manifest, ManifestError
from ...store.os_errors import describe
from ..attempt_ended import AttemptEnded
from .pause import Pause

MISMATCH_PAUSES = (0.1, 0.5, 2.0)  # seconds before each retry after a mismatch
_OUTAGE_PAUSE = 1.0  # seconds before each retry while the store does not answer


def verify_parent(
    files: Files, root: str, trial: int, pause: Pause, idle: Callable[[], None]
) -> Manifest:
    """Check that a parent's weights are the committed bytes, and return its manifest.

    Raises AttemptEnded: `parent` if the trial has no weights, `corrupt` if sizes or digests differ
    from the manifest after all retries. An outage says nothing about the weights, so the check is
    repeated until the store answers. `idle` is called about once a second.
    """
    mismatch_pauses = iter(MISMATCH_PAUSES)
    while True:
        try:
            verdict, problem = _check(files, root, trial, idle)
        except OSError:
            pause(_OUTAGE_PAUSE)
            continue
        if verdict is not None:
            return verdict
        seconds = next(mismatch_pauses, None)
        if seconds is None:
            raise AttemptEnded("corrupt", problem, trial)
        pause(seconds)


def _check(
    files: Files, root: str, trial: int, idle: Callable[[], None]
) -> tuple[Optional[Manifest], str]:
    """The manifest if the weights match it, else the problem. Raises OSError in an outage."""
    try:
        verdict = manifest.read(files, root, trial)
        if verdict is None:
            return None, f"trial {trial} has no verdict any more"
        if not verdict.weights:
            raise AttemptEnded("parent", f"trial {trial} {verdict.state}: {verdict.reason}", trial)
        problems = differences(files, root, verdict, idle)
    except ManifestError as error:
        return None, str(error)
    except OSError as error:
        # If this call succeeds, the store answers, and the error is about the weights.
        if files.stat(f"{root}/trials/{trial}/{manifest.REMOVED}") is not None:
            reason = f"the weights of trial {trial} were removed"
            raise AttemptEnded("parent", reason, trial) from None
        return None, f"the weights of trial {trial}: {describe(error)}"
    return (None, problems[0]) if problems else (verdict, "")
