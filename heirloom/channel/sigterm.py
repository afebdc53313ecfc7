"""Defers SIGTERM in a trial's process until its next report."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from types import FrameType
from typing import Optional


class SigtermDeferral:
    """Defers SIGTERM in the process that creates this object, and in none that it starts.

    A child has its default action again, whatever forks it: `Process.terminate` of multiprocessing
    and the workers of a data loader rely on that. Where the trial installed a handler of its own,
    nothing is changed.
    """

    def __init__(self) -> None:
        self._owner = os.getpid()
        self._active = False
        self._pending = False
        self._thread = threading.local()  # the signal mask of each thread that forks

    def start(self) -> None:
        """Start to defer. Only the main thread of the trial's own process can."""
        if self._active or not self._may_defer():
            return
        self._active = True
        if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
            signal.signal(signal.SIGTERM, self._on_signal)
            os.register_at_fork(
                before=self._before_fork,
                after_in_parent=self._restore_mask,
                after_in_child=self._after_fork_in_child,
            )

    def raise_deferred(self) -> None:
        """End the process if a signal came: raise SystemExit in its main thread."""
        if self._pending and self._is_owner():
            if threading.current_thread() is not threading.main_thread():
                os.kill(os.getpid(), signal.SIGTERM)  # SystemExit would end this thread only
            raise SystemExit(128 + signal.SIGTERM)

    def _may_defer(self) -> bool:
        # Any start method of multiprocessing: a spawned worker is no fork of the owner.
        module = sys.modules.get("multiprocessing.process")
        is_worker = module is not None and module.parent_process() is not None
        in_main_thread = threading.current_thread() is threading.main_thread()
        return in_main_thread and self._is_owner() and not is_worker

    def _is_owner(self) -> bool:
        return os.getpid() == self._owner

    def _on_signal(self, number: int, frame: Optional[FrameType]) -> None:
        # A second signal ends the process at once. In a child this runs only if a handler of the
        # trial's own calls it.
        if self._pending or not self._is_owner():
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            os.kill(os.getpid(), signal.SIGTERM)
        self._pending = True

    def _before_fork(self) -> None:
        """Block SIGTERM: Python drops what a child receives before its default action is back."""
        self._thread.mask = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])

    def _after_fork_in_child(self) -> None:
        self._pending = False
        with contextlib.suppress(ValueError):  # a subinterpreter forked: it has no handlers
            if signal.getsignal(signal.SIGTERM) == self._on_signal:
                signal.signal(signal.SIGTERM, signal.SIG_DFL)
        self._restore_mask()

    def _restore_mask(self) -> None:
        signal.pthread_sigmask(signal.SIG_SETMASK, self._thread.mask)
