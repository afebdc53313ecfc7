"""The thread that does all of the controller's input and output on the store during a search.

A mount that hangs blocks this thread only: the screen, the tuner and Ctrl-C go on.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial

from controller.core.events import Ended, Event, NoVerdict
from controller.core.model import State
from controller.store.call_timer import CallTimer
from controller.store.end_requests import EndRequests
from controller.store.gc import CheckpointRemoval, Removal
from controller.store.layout import Root
from controller.store.mail.intake import MailIntake
from controller.store.mail.mailbox import Mailbox
from controller.store.monitor.attempts import AttemptMonitor, ReadPart, read_part
from controller.store.retry_queue import RetryQueue
from controller.store.verdicts import Verdicts
from heirloom.store.files import Files

EventCallback = Callable[[Sequence[Event], Sequence[str]], None]

STALL = 5.0  # seconds after which a call of the store counts as stalled
_SHORTEST_WAIT, _LONGEST_WAIT = 0.01, 0.25  # seconds between two rounds
_FREE_SPACE_INTERVAL = 2.0  # seconds between two measurements of the free space
_log = logging.getLogger(__name__)


class StoreWatch:
    """Turns what happens on the store into events, and passes the controller's own verdicts.

    `post(events, mail)` takes events and the names of the messages that they come from. Call
    `acknowledge` with those names once the events are in the journal: only then do the messages
    move to `done`. `on_lost_heartbeat(trial, number)` reports that an attempt's heartbeat has not
    changed for `heartbeat_timeout` seconds of `clock`, and repeats that after as long. Both are
    called in the watch's thread. `monitor` an attempt before it is sent to its node, and on resume
    before `start`: the reports of an attempt that was never monitored are not posted. Methods
    return at once and raise nothing.
    """

    def __init__(
        self,
        root: Root,
        experiment: str,
        files: Files,
        post: EventCallback,
        on_lost_heartbeat: Callable[[int, int], None],
        *,
        heartbeat_timeout: float = 60.0,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
        part: ReadPart = read_part,
    ) -> None:
        self._timer = CallTimer(clock)
        files, part = self._timer.files(files), self._timer.timed(part)
        self._root, self._files = root, files
        self._post, self._on_lost_heartbeat = post, on_lost_heartbeat
        self._clock, self._now = clock, now
        self._verdicts = Verdicts(root, experiment, files, now)
        self._attempts = AttemptMonitor(root, files, heartbeat_timeout, part)
        self._mail = MailIntake(
            Mailbox(root.mail, files), self._verdicts, self._attempts, heartbeat_timeout, clock, now
        )
        self._end_requests = EndRequests(root, files, now)
        self._retries = RetryQueue(clock)
        self._requests: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._failing_since: float | None = None
        self._round_since = clock()
        # For other threads: the monitor's own state changes in this one.
        self._reading: tuple[int, int] | None = None
        self._free: int | None = None
        self._free_due = clock()
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="store", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def step(self, wait: float) -> bool:
        """Take requests, waiting `wait` seconds for the first, and do one round.

        Returns whether anything was done. The thread repeats this.
        """
        self._take_requests(wait)
        return self._round()

    def close(self, timeout: float) -> None:
        """Try each earlier request once, for at most `timeout` seconds, and end the thread."""
        self._requests.put(self._stop)
        if self._thread.is_alive():
            self._thread.join(timeout)

    def monitor(self, trial: int, number: int, reports_known: int = 0) -> None:
        """Post an attempt's reports after the first `reports_known`, and check its heartbeat."""
        self._requests.put(
            lambda: self._attempts.add((trial, number), reports_known, self._clock())
        )

    def stop_monitoring(self, trial: int, number: int) -> None:
        """Stop monitoring an attempt: it has ended or is lost."""
        self._requests.put(partial(self._attempts.remove, (trial, number)))

    def request_end(self, trial: int, number: int, how: str, reason: str) -> None:
        """Request the end of an attempt on the store, where its node looks every second."""
        self._requests.put(partial(self._end_requests.send, trial, number, how, reason))

    def pass_verdict(self, trial: int, state: State, reason: str) -> None:
        """Pass a verdict unless the trial has one; post the verdict that it has in the end."""
        run = partial(self._pass_verdict, trial, state, reason)
        self._add(f"the verdict on trial {trial}", run)

    def read_verdict(self, trial: int) -> None:
        """Post the trial's verdict, or NoVerdict if it has none."""
        self._add(f"reading the verdict on trial {trial}", partial(self._read_verdict, trial))

    def acknowledge(self, mail: Sequence[str]) -> None:
        """Move messages to `done`: the journal holds their events."""
        self._add("moving journaled mail", partial(self._mail.acknowledge, tuple(mail)))

    def remove(self, trials: Sequence[int], attempts: Sequence[tuple[int, int]]) -> None:
        """Remove the weights of trials and the leftovers of attempts, then post Removed."""
        removal = Removal(self._root, self._files, trials, attempts)
        self._requests.put(partial(self._continue_removal, removal))

    def remove_checkpoints(self, attempts: Sequence[tuple[int, int]]) -> None:
        """Remove the checkpoints of attempts, then post CheckpointsRemoved."""
        removal = CheckpointRemoval(self._root, self._files, attempts)
        self._requests.put(partial(self._continue_removal, removal))

    @property
    def stalled_since(self) -> float | None:
        """Since when, on `clock`, the store has not answered; None while it answers."""
        failing, current = self._failing_since, self._timer.since
        if failing is None and current is not None and self._clock() - current >= STALL:
            return current
        return failing

    @property
    def reading(self) -> tuple[int, int] | None:
        """A trial that has reported more than was read by now, and how many reports were read."""
        return self._reading

    @property
    def free_bytes(self) -> int | None:
        """Free space on the store; None before it was measured."""
        return self._free

    # Everything below runs in the watch's thread.

    def _run(self) -> None:
        wait = 0.0
        while not self._closing:
            busy = self.step(wait)
            wait = _SHORTEST_WAIT if busy else min(max(wait, _SHORTEST_WAIT) * 2, _LONGEST_WAIT)

    def _add(self, name: str, run: Callable[[], None]) -> None:
        self._requests.put(partial(self._retries.add, name, run))

    def _take_requests(self, wait: float) -> None:
        try:
            request = self._requests.get(timeout=wait) if wait else self._requests.get_nowait()
            while True:
                request()
                request = self._requests.get_nowait()
        except queue.Empty:
            pass

    def _stop(self) -> None:
        self._closing = True

    def _round(self) -> bool:
        """Do everything that is due. True when anything was done."""
        self._round_since = self._clock()
        try:
            busy = self._take_mail()
            busy = self._retries.run_due() or busy
            busy = self._check_attempts() or busy
            if self._clock() >= self._free_due:
                self._measure_free_space()
            self._failing_since = None
        except OSError as error:
            self._fail(error)
            busy = False
        except Exception:
            _log.exception("the store's thread continues after a programming error")
            busy = False
        return busy

    def _fail(self, error: OSError) -> None:
        """The store did not answer, which says nothing about the attempts on it."""
        if self._failing_since is None:
            self._failing_since = self._round_since
            _log.warning("the store does not answer: %s", error)
        self._mail.reset()
        self._attempts.reset_heartbeats()

    def _take_mail(self) -> bool:
        events, names = self._mail.receive()
        if events:
            if any(isinstance(event, Ended) for event in events):
                self._measure_free_space()  # the attempts have written
            self._mail.hold(names)
            self._post(events, names)
        return bool(events)

    def _continue_removal(self, removal: Removal | CheckpointRemoval) -> None:
        """Do the removal in steps: mail must not wait for all of them."""
        self._retries.add("removing files", partial(self._remove_next, removal))

    def _remove_next(self, removal: Removal | CheckpointRemoval) -> None:
        done = removal.step(self._now())
        if done is None:
            self._continue_removal(removal)
        else:
            self._measure_free_space()
            self._post([done], ())

    def _pass_verdict(self, trial: int, state: State, reason: str) -> None:
        self._post([self._verdicts.settle(trial, state, reason)], ())

    def _read_verdict(self, trial: int) -> None:
        verdict = self._verdicts.read(trial)
        self._post([verdict or NoVerdict(at=self._now(), trial=trial)], ())

    def _check_attempts(self) -> bool:
        """Returns whether more reports can be read at once."""
        reports = self._attempts.new_reports(self._clock(), self._now())
        if reports:
            self._post(reports, ())
        for trial, number in self._attempts.lost_heartbeats(self._clock):
            self._on_lost_heartbeat(trial, number)
        self._reading = self._attempts.reading
        return self._reading is not None

    def _measure_free_space(self) -> None:
        self._free = self._files.room(str(self._root.path))
        self._free_due = self._clock() + _FREE_SPACE_INTERVAL
