"""What a dead supervisor leaves running: found by the names in its environment, and ended."""

from __future__ import annotations

import contextlib
import os
import signal


def end(experiment: str, attempt: str) -> int:
    """Kill every process of an attempt; how many there were.

    Only for an attempt whose supervisor is dead: nobody would ever commit what they write, and they
    hold its slots.
    """
    named = {f"HEIRLOOM_EXPERIMENT={experiment}".encode(), f"HEIRLOOM_ATTEMPT={attempt}".encode()}
    found = 0
    for entry in os.listdir("/proc"):
        # Gone meanwhile, or another user's.
        with contextlib.suppress(OSError):
            if entry.isdecimal():
                with open(f"/proc/{entry}/environ", "rb") as file:
                    if named <= set(file.read().split(b"\0")):
                        os.kill(int(entry), signal.SIGKILL)
                        found += 1
    return found
