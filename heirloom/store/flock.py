"""Locks of files that end with the process that holds them (flock(2))."""

from __future__ import annotations

import fcntl
import os
from typing import Optional


def take(path: str) -> Optional[int]:
    """Lock the file, created if need be, without waiting; the descriptor that holds the lock.

    None if another process holds it. Raises OSError.
    """
    fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o660)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(fd)
        return None
    except BaseException:
        os.close(fd)
        raise
    return fd


def is_taken(path: str) -> bool:
    """Whether a process holds the lock of the file. Raises OSError."""
    fd = os.open(path, os.O_RDONLY)
    try:
        # A shared lock, so that two processes that only test do not exclude each other.
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(fd)
    return False
