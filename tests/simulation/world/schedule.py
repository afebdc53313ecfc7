"""Virtual time, and actors: real code in threads, of which one runs at a time."""

from __future__ import annotations

import heapq
import random
import threading
from collections.abc import Callable
from itertools import count

Work = Callable[[], None]


class Killed(BaseException):
    """The running actor was killed. Nothing that it does from now on has an effect."""


class Host:
    """A machine on which actors run. While it is frozen, none of them runs."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.frozen = False
        self.held: list[Work] = []  # work that continues after a thaw


class Schedule:
    """Scheduled work by virtual time in seconds. Work of the same time runs in order."""

    def __init__(self, rng: random.Random) -> None:
        self.now = 0.0
        self.rng = rng
        self.running: Actor | None = None
        self._agenda: list[tuple[float, int, Host | None, Work]] = []
        self._order = count()
        self.actors: set[Actor] = set()
        self.failure: BaseException | None = None

    def after(self, seconds: float, work: Work, host: Host | None = None) -> None:
        """Schedule `work`, on `host` if given."""
        heapq.heappush(self._agenda, (self.now + seconds, next(self._order), host, work))

    def step(self) -> bool:
        """Do the next work. Return False if there is none."""
        if not self._agenda:
            return False
        at, _, host, work = heapq.heappop(self._agenda)
        self.now = max(self.now, at)
        if host is not None and host.frozen:
            host.held.append(work)
        else:
            work()
        if self.failure is not None:
            raise self.failure
        return True

    def thaw(self, host: Host) -> None:
        """Let a frozen host continue."""
        host.frozen = False
        held, host.held = host.held, []
        for work in held:
            self.after(0.0, work, host)

    def is_next(self, seconds: float) -> bool:
        """Whether no other work is scheduled within so many seconds."""
        return not self._agenda or self._agenda[0][0] > self.now + seconds

    def close(self) -> None:
        """End all actors."""
        for actor in sorted(self.actors, key=lambda actor: actor.number):
            actor.kill()
            actor.reap()


class Actor:
    """Code that takes virtual time. It runs in its own thread, but only during its turn.

    `sleep` ends the turn. After `kill`, no further turn has an effect.
    """

    _numbers = count()

    def __init__(self, schedule: Schedule, host: Host, name: str, live: Work) -> None:
        self.number = next(self._numbers)
        self.host, self.name = host, name
        self.dead = False
        self.over = False
        self._schedule = schedule
        self._live = live
        self._turn, self._back = threading.Lock(), threading.Lock()
        self._turn.acquire()
        self._back.acquire()
        self._waits = 0  # the number of sleeps; a wake-up is for one of them
        self._thread: threading.Thread | None = None
        schedule.actors.add(self)
        schedule.after(0.0, self._go, host)

    def sleep(self, seconds: float) -> None:
        """End the turn for so many seconds, or until `wake`."""
        if self.dead:
            raise Killed
        if not self.host.frozen and self._schedule.is_next(seconds):
            self._schedule.now += seconds
            return
        self._waits += 1
        wait = self._waits
        self._schedule.after(seconds, lambda: self._wake(wait), self.host)
        self._back.release()
        self._turn.acquire()
        if self.dead:
            raise Killed

    def wake(self) -> None:
        """End the sleep now."""
        wait = self._waits
        self._schedule.after(0.0, lambda: self._wake(wait), self.host)

    def kill(self) -> None:
        """Kill the actor."""
        self.dead = True

    def reap(self) -> None:
        """Let the thread of a killed actor end."""
        if self._thread is None:
            self._end()
        elif not self.over:
            self._give_turn()

    def _wake(self, wait: int) -> None:
        if wait == self._waits and not self.over:
            self._waits += 1
            self._give_turn()

    def _go(self) -> None:
        if self.dead or self.over:
            self._end()
            return
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        self._give_turn()

    def _give_turn(self) -> None:
        before, self._schedule.running = self._schedule.running, self
        self._turn.release()
        self._back.acquire()
        self._schedule.running = before
        if self.over and self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        self._turn.acquire()
        try:
            if not self.dead:
                self._live()
        except Killed:
            pass
        except BaseException as error:
            self._schedule.failure = error
        finally:
            self._end()
            self._back.release()

    def _end(self) -> None:
        self.over = True
        self._schedule.actors.discard(self)
