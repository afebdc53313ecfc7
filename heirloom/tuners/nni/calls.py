"""Runs a tuner's calls in threads: each proposal in its own, all results in another.

A proposal that blocks, for a result or for ever, costs only its thread. Calls start in the order of
their numbers; each starts when the one before it has returned or is blocked. Results are delivered
in order, and before the calls that follow them.
"""

from __future__ import annotations

import threading
import time
import traceback
import weakref
from collections.abc import Callable, Sequence
from typing import Any

from ..process.protocol import Line, LongCall
from .call import Call, LateProposal, long_calls, without_durations
from .call_state import CallState, Params
from .thread_activity import WINDOW, ThreadActivity

_PROMPT = 0.1  # seconds that `next_proposal` waits for a proposal that is about to come
_SAMPLE = 1.0  # seconds between two samples of every call

Notify = Callable[[Line], None]


class Calls:
    """Proposals and results of one tuner. Any thread may call any method.

    Args:
        propose: calls the tuner; returns the parameters, or None if the tuner has none now.
        plain: converts parameters that came by `st_callback` to plain JSON.
        deliver: passes one result to the tuner.
        first: the `parameter_id` of the first proposal.
        concurrent: whether a proposal may start while others are blocked.
        patience: seconds that a proposal may be blocked; None: IDLE while no trial is under way.
        code_dirs: directories of user code, for messages.
        notify: takes notices for the controller: `ready`, `long_calls`, `given_up`.
        failed: takes what a call raised, and the name of the method.
    """

    def __init__(
        self,
        *,
        propose: Callable[[int, LateProposal], Params | None],
        plain: Callable[[Any], Params],
        deliver: Callable[[Any], None],
        first: int,
        concurrent: bool,
        patience: float | None,
        code_dirs: Sequence[str],
        notify: Notify,
        failed: Callable[[BaseException, str], None],
    ) -> None:
        self._propose, self._plain, self._deliver = propose, plain, deliver
        self._code_dirs, self._notify, self._failed = code_dirs, notify, failed
        self._state = CallState(concurrent, patience, first)
        self._changed = threading.Condition()  # holds the lock of `_state`
        self._is_promised = False  # the controller waits for the notice `ready`
        self._reported: list[LongCall] = []  # the last notice `long_calls`
        for target in (self._schedule, self._deliver_results):
            threading.Thread(target=target, name=f"nni{target.__name__}", daemon=True).start()

    def next_proposal(self, room: int) -> tuple[int, Params] | bool:
        """The next proposal with its number; True: one is coming; False: there is none for now.

        `room` is the number of proposals that the controller could take, this one included.
        """
        state = self._state
        with self._changed:
            state.room, self._is_promised = room, False
            self._changed.notify_all()
            self._changed.wait_for(lambda: state.ready or not state.is_imminent(), _PROMPT)
            if state.ready:
                state.room -= 1
                return state.ready.popleft()
            self._is_promised = state.is_coming()
            return self._is_promised

    def end_reason(self) -> str | None:
        """Why the search is over, if proposals were given up and nothing else can come."""
        with self._changed:
            state = self._state
            is_over = state.abandoned and not state.open_trials and not state.is_coming()
            return "; ".join(state.abandoned) if is_over else None

    def add_result(self, result: Any) -> None:
        """Deliver a result after those added before it."""
        with self._changed:
            self._state.results.append(result)
            self._changed.notify_all()

    def set_open_trials(self, count: int) -> None:
        """Set the number of trials without a verdict."""
        with self._changed:
            self._state.open_trials = count
            self._changed.notify_all()

    def close(self, timeout: float) -> None:
        """Start no call, and deliver the remaining results for at most `timeout` seconds."""
        state = self._state
        with self._changed:
            state.is_closing = True
            self._changed.notify_all()
            self._changed.wait_for(lambda: not state.has_results() or state.is_broken, timeout)

    def _schedule(self) -> None:
        """Start calls when they may start, and handle those that are blocked too long. A thread."""
        state = self._state
        sampled_at = 0.0
        with self._changed:
            while not state.is_broken:
                now = time.monotonic()
                is_due = now - sampled_at >= _SAMPLE
                sampled_at = now if is_due else sampled_at
                self._sample_activity(every=is_due)
                state.drop_lost_callbacks()
                state.update_idle(now)
                if is_due:
                    self._give_up_overdue(now)
                    self._report_long_calls(now)
                while state.may_start():
                    self._start_proposal()
                if self._is_promised and (state.ready or not state.is_coming()):
                    self._is_promised = False
                    self._notify({"ready": True})
                self._changed.notify_all()  # `next_proposal` waits for changes of activity too
                self._changed.wait(self._pause(now))

    def _sample_activity(self, *, every: bool) -> None:
        """Sample the newest call and the delivery, or every call."""
        calls = list(self._state.proposals.values())
        for call in [*(calls if every else calls[-1:]), self._state.delivery]:
            if call is not None and call.activity is not None:
                call.activity.sample()

    def _pause(self, now: float) -> float | None:
        """Seconds until the next sample; short while its outcome decides what may start."""
        call = self._state.newest or self._state.delivery
        if call is None:
            return _SAMPLE if self._state.promised or self._reported else None
        if call.blocked_since is None:
            return min(_SAMPLE, max(WINDOW, (now - call.started_at) / 10))
        return _SAMPLE

    def _start_proposal(self) -> None:
        state = self._state
        call = Call("generate_parameters", state.next_id, time.monotonic(), state.delivered)
        state.next_id += 1
        state.proposals[call.parameter_id] = call
        name = f"nni-proposal-{call.parameter_id}"
        threading.Thread(target=self._run_proposal, args=(call,), name=name, daemon=True).start()

    def _run_proposal(self, call: Call) -> None:
        """Run one proposal. A thread."""
        call.activity = ThreadActivity()
        callback = LateProposal(self._receive_late)
        reference = weakref.ref(callback)
        try:
            params = self._propose(call.parameter_id, callback)
        except BaseException as error:  # sys.exit() in user code too
            if call.parameter_id in self._state.proposals:
                self._fail(error, call.method)
            else:
                traceback.print_exc()  # it was given up before: only the log gets the error
            return
        del callback  # from here on it exists only if the tuner keeps it
        state = self._state
        with self._changed:
            if state.proposals.pop(call.parameter_id, None) is None:
                return  # it was given up
            if params is not None:
                state.ready.append((call.parameter_id, params))
            elif reference() is not None:
                state.callbacks.append(reference)
                state.promised[call.parameter_id] = time.monotonic()
            elif call.delivered == state.delivered:
                state.awaits_result = True
            self._changed.notify_all()

    def _receive_late(self, parameter_id: int, params: Any) -> None:
        """Take a proposal that came by `st_callback`."""
        plain = self._plain(params)
        with self._changed:
            self._state.promised.pop(parameter_id, None)
            self._state.ready.append((parameter_id, plain))
            self._changed.notify_all()

    def _deliver_results(self) -> None:
        """Deliver results, one after the other. A thread."""
        state = self._state
        while True:
            with self._changed:
                self._changed.wait_for(state.may_deliver)
                result = state.results.popleft()
                call = Call("receive_trial_result", result.parameter_id, time.monotonic(), 0)
                state.delivery = call
                self._changed.notify_all()
            call.activity = ThreadActivity()
            try:
                self._deliver(result)
            except BaseException as error:  # sys.exit() in user code too
                self._fail(error, call.method)
                return
            with self._changed:
                state.delivery = None
                state.delivered += 1
                state.awaits_result = False
                state.abandoned.clear()
                self._changed.notify_all()

    def _fail(self, error: BaseException, method: str) -> None:
        with self._changed:
            if self._state.is_broken:
                return
            self._state.is_broken = True
            self._changed.notify_all()
        self._failed(error, method)

    def _give_up_overdue(self, now: float) -> None:
        state = self._state
        for parameter_id, call, since in state.take_overdue(now):
            reason = "was to come by st_callback and did not come"
            if call is not None:
                reason = f"was blocked at {call.location(self._code_dirs)} for {now - since:.0f} s"
            self._give_up(parameter_id, reason)
        if state.delivery is not None and state.is_delivery_overdue(now):
            location = state.delivery.location(self._code_dirs)
            error = TimeoutError(f"it is blocked at {location}, and no result can be delivered")
            arguments = (error, state.delivery.method)
            threading.Thread(target=self._fail, args=arguments, daemon=True).start()

    def _give_up(self, parameter_id: int, reason: str) -> None:
        state = self._state
        state.awaits_result = True  # until then, another proposal would block as well
        advice = "" if state.patience else " (tuner.patience sets how long it may be blocked)"
        text = f"proposal {parameter_id} was given up: it {reason}{advice}"
        state.abandoned.append(text)
        self._notify({"given_up": {"parameter_id": parameter_id, "reason": text}})

    def _report_long_calls(self, now: float) -> None:
        """Send the notice `long_calls` if it has changed in more than its durations."""
        running = [*self._state.proposals.values()]
        if self._state.delivery is not None:
            running.append(self._state.delivery)
        found = long_calls(running, now, self._code_dirs)
        if without_durations(found) != without_durations(self._reported):
            self._reported = found
            self._notify({"long_calls": found})
