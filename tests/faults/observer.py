"""Observe the verdicts on the store, and record each that changes or disappears."""

from __future__ import annotations

import threading
import time
from types import TracebackType

from tests.faults.environment import Environment


class Observer:
    """A thread that reads the store's verdicts. `broken` lists broken promises."""

    def __init__(self, environment: Environment, pause: float) -> None:
        self._environment = environment
        self._pause = pause
        self._changed = threading.Condition()
        self._seen: dict[int, tuple[float, str]] = {}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="observer")
        self.broken: list[str] = []

    def __enter__(self) -> Observer:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        self._thread.join()

    @property
    def count(self) -> int:
        """The number of verdicts that were seen."""
        with self._changed:
            return len(self._seen)

    @property
    def seen(self) -> dict[int, str]:
        """Every manifest that was seen, by trial."""
        with self._changed:
            return {trial: text for trial, (_, text) in self._seen.items()}

    def wait(self, count: int, seconds: float) -> bool:
        """Wait for more than `count` verdicts. Return whether they appeared."""
        with self._changed:
            return self._changed.wait_for(lambda: len(self._seen) > count, seconds)

    def _watch(self) -> None:
        while not self._over.wait(self._pause):
            now = time.monotonic()
            found = self._environment.manifests()
            if found is None:
                continue
            with self._changed:
                self._compare(found, now)
                self._changed.notify_all()

    def _compare(self, found: dict[int, str], now: float) -> None:
        for trial, (at, text) in [*self._seen.items()]:
            if trial not in found:
                if now - at > self._environment.doubted:
                    self.broken.append(f"the verdict of trial {trial} is gone from the store")
                del self._seen[trial]
            elif found[trial] != text:
                self.broken.append(f"the verdict of trial {trial} is another one than before")
                del self._seen[trial]
        for trial, text in found.items():
            self._seen.setdefault(trial, (now, text))
