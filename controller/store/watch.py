"""The one thread through which the controller touches the store while an experiment runs.

A mount that hangs holds this thread and nothing else: the screen, the tuner and Ctrl-C go on.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from controller.core.events import Began, Ended, Event, NoVerdict, Reported, VerdictSeen
from controller.core.model import Outcome, State
from controller.store.attempt_monitor import AttemptMonitor, ReadPart, read_part
from controller.store.gc import Removal
from controller.store.layout import Root
from controller.store.mailbox import Mailbox
from controller.store.messages import SupervisorMessage
from controller.store.retry_queue import RetryQueue
from controller.store.verdicts import Verdicts
from heirloom.store.files import Files

EventCallback = Callable[[Sequence[Event], Sequence[str]], None]

STALL = 5.0  # seconds after which a look counts as hanging
_SHORTEST_WAIT, _LONGEST_WAIT = 0.01, 0.25  # seconds between two looks at the mailbox
_SPACE_EVERY = 2.0  # seconds between two looks at the free space
_log = logging.getLogger(__name__)


class StoreWatch:
    """Turns what happens on the store into events, and writes the controller's own verdicts.

    `post(events, mail)` takes events and the names of the messages that they come from. Call
    `acknowledge` with those names once the events are in the journal: only then do the messages
    move to `done`. `on_silence(trial, number)` reports that an attempt's heartbeat has not changed
    for `silence` seconds of `clock`, and repeats that after as long. Both are called in the watch's
    thread. `follow` an attempt before it is sent to its node, and on resume before `start`: the
    reports of an attempt that was never followed are not posted. Methods return at once and raise
    nothing.
    """

    def __init__(
        self,
        root: Root,
        experiment: str,
        files: Files,
        post: EventCallback,
        on_silence: Callable[[int, int], None],
        *,
        silence: float = 60.0,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
        part: ReadPart = read_part,
    ) -> None:
        self._root, self._files = root, files
        self._post, self._on_silence = post, on_silence
        self._silence, self._clock, self._now = silence, clock, now
        self._mailbox = Mailbox(root.mail, files)
        self._verdicts = Verdicts(root, experiment, files, now)
        self._errands = RetryQueue(clock)
        self._orders: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._followed = AttemptMonitor(root, files, silence, part)
        self._tried_since: dict[str, float] = {}  # mail that cannot be posted yet
        self._away_since: float | None = None
        self._looking_since: float | None = None
        self._free: int | None = None
        self._free_due = clock()
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="store", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def step(self, wait: float) -> bool:
        """Take orders, waiting `wait` seconds for one, and look once; whether anything was found.

        What the watch's thread does again and again.
        """
        self._take_orders(wait)
        return self._round()

    def close(self, timeout: float) -> None:
        """Let what was asked before be done once, at most `timeout` seconds, and stop looking."""
        self._orders.put(self._stop)
        if self._thread.is_alive():
            self._thread.join(timeout)

    def follow(self, trial: int, number: int, lines_seen: int = 0) -> None:
        """Post what an attempt reports, but for the first `lines_seen`, and watch its heartbeat."""
        self._orders.put(lambda: self._followed.add((trial, number), lines_seen, self._clock()))

    def unfollow(self, trial: int, number: int) -> None:
        """Stop following an attempt: it has ended or is lost."""
        self._orders.put(partial(self._followed.remove, (trial, number)))

    def pass_verdict(self, trial: int, state: State, reason: str) -> None:
        """Pass a verdict unless one stands; post the one that stands in the end."""
        what = f"the verdict on trial {trial}"
        run = partial(self._pass_verdict, trial, state, reason)
        self._orders.put(partial(self._errands.add, what, run))

    def look(self, trial: int) -> None:
        """Post the trial's verdict, or NoVerdict if it has none."""
        run = partial(self._look, trial)
        self._orders.put(partial(self._errands.add, f"reading the verdict on trial {trial}", run))

    def acknowledge(self, mail: Sequence[str]) -> None:
        """Move messages to `done`: the journal holds their events."""
        run = partial(self._mailbox.acknowledge, tuple(mail))
        self._orders.put(partial(self._errands.add, "moving journaled mail", run))

    def remove(self, trials: Sequence[int], attempts: Sequence[tuple[int, int]]) -> None:
        """Remove the weights of trials and the leftovers of attempts, then post Removed."""
        removal = Removal(self._root, self._files, trials, attempts)
        self._orders.put(partial(self._remove_more, removal))

    @property
    def stalled_since(self) -> float | None:
        """Since when, on `clock`, the store has not answered; None while it answers."""
        away, looking = self._away_since, self._looking_since
        if away is None and looking is not None and self._clock() - looking >= STALL:
            return looking
        return away

    @property
    def free_bytes(self) -> int | None:
        """Room on the store for its users; None until it was looked at."""
        return self._free

    # Everything below runs in the watch's thread.

    def _run(self) -> None:
        wait = 0.0
        while not self._closing:
            busy = self.step(wait)
            wait = _SHORTEST_WAIT if busy else min(max(wait, _SHORTEST_WAIT) * 2, _LONGEST_WAIT)

    def _take_orders(self, wait: float) -> None:
        try:
            order = self._orders.get(timeout=wait) if wait else self._orders.get_nowait()
            while True:
                order()
                order = self._orders.get_nowait()
        except queue.Empty:
            pass

    def _stop(self) -> None:
        self._closing = True

    def _round(self) -> bool:
        """One look at everything that is due. True when something was found."""
        self._looking_since = self._clock()
        try:
            busy = self._take_mail()
            busy = self._errands.run_due() or busy
            self._look_after_followed()
            self._look_at_space()
            self._away_since = None
        except OSError as error:
            self._away(error)
            busy = False
        except Exception:
            _log.exception("the store's thread goes on after an error of its own")
            busy = False
        finally:
            self._looking_since = None
        return busy

    def _away(self, error: OSError) -> None:
        """The store did not answer, which says nothing about the attempts on it."""
        if self._away_since is None:
            self._away_since = self._looking_since
            _log.warning("the store does not answer: %s", error)
        self._tried_since.clear()
        self._followed.reset_heartbeats()

    def _take_mail(self) -> bool:
        events: list[Event] = []
        names: list[str] = []
        for letter in self._mailbox.receive():
            told = self._told(letter)
            if told:
                self._tried_since.pop(letter.name, None)
                events += told
                names.append(letter.name)
        if events:
            if any(isinstance(event, Ended) for event in events):
                self._measure_room()  # as it is after what they wrote
            self._mailbox.hold(names)
            self._post(events, names)
        return bool(events)

    def _told(self, letter: SupervisorMessage) -> list[Event]:
        """All that a letter leads to, in order; empty when it must be looked at again."""
        at = self._now()
        event = letter.event(at)
        if isinstance(event, Began):
            return [event]
        key = letter.trial, letter.number
        since = self._tried_since.setdefault(letter.name, self._clock())
        patient = self._clock() - since < self._silence
        last: list[Event] = [event]
        if letter.has_manifest:
            verdict, why = self._announced(letter.trial)
            if verdict is not None:
                last.append(verdict)
            elif patient:
                return []
            else:
                _log.error("%s said that it %s, but %s", key, event.outcome, why)
                last = [replace(event, outcome=Outcome.LOST, reason=f"{event.outcome}, but {why}")]
        reports: list[Reported] = []
        try:
            reports = self._followed.last_reports(key, at)
        except OSError as error:
            if patient:
                return []
            _log.error("the last reports of %s cannot be read: %s", key, error)
        self._followed.forget(key)
        return [*reports, *last]

    def _announced(self, trial: int) -> tuple[VerdictSeen | None, str]:
        """The verdict that mail told of, or why it is not to be had."""
        try:
            return self._verdicts.read(trial), f"nothing stands in trials/{trial}"
        except OSError as error:
            return None, f"trials/{trial}/manifest.json cannot be read ({error})"

    def _remove_more(self, removal: Removal) -> None:
        """Remove one after the other: mail is not to wait for all of them."""
        self._errands.add("removing weights", partial(self._remove_next, removal))

    def _remove_next(self, removal: Removal) -> None:
        done = removal.step(self._now())
        if done is None:
            self._remove_more(removal)
        else:
            self._measure_room()
            self._post([done], ())

    def _pass_verdict(self, trial: int, state: State, reason: str) -> None:
        self._post([self._verdicts.settle(trial, state, reason)], ())

    def _look(self, trial: int) -> None:
        verdict = self._verdicts.read(trial)
        self._post([verdict or NoVerdict(at=self._now(), trial=trial)], ())

    def _look_after_followed(self) -> None:
        reports = self._followed.new_reports(self._clock(), self._now())
        if reports:
            self._post(reports, ())
        for trial, number in self._followed.lost_heartbeats(self._clock):
            self._on_silence(trial, number)

    def _look_at_space(self) -> None:
        if self._clock() >= self._free_due:
            self._measure_room()

    def _measure_room(self) -> None:
        self._free = self._files.room(str(self._root.path))
        self._free_due = self._clock() + _SPACE_EVERY
