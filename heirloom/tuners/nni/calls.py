"""The calls of a tuner's that may block: each proposal in a thread of its own, results in another.

A proposal that waits, for a result or for ever, costs a thread and nothing else. The calls start in
the order of their numbers, the next when the last has returned or stands still; results are
delivered in their order, and before the calls that follow them.
"""

from __future__ import annotations

import threading
import time
import traceback
import weakref
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from .call import Call, Later, long_calls, unaged
from .thread_activity import WINDOW, ThreadActivity

IDLE = 60.0  # seconds for which a proposal may stand still while no trial is under way
_PROMPT = 0.1  # seconds for which an answer may be held back, so that a quick proposal goes in it
_LOOK = 1.0  # seconds between two looks at what goes on

Params = dict[str, Any]
Tell = Callable[[dict[str, Any]], None]


class Calls:
    """Proposals and results of one tuner. Any thread may call any method.

    Args:
        propose: calls the tuner; the parameters, or None where it has none now.
        plain: makes what came by `st_callback` plain JSON.
        deliver: tells the tuner of one result.
        first: the number of the first proposal.
        abreast: whether a proposal may begin while others stand still.
        patience: seconds that a proposal may stand still; None: IDLE while no trial is under way.
        code: directories of the user's code, to name places in.
        tell: takes notices for the controller: `ready`, `standing`, `given_up`.
        broke: takes what a call raised, and the method's name.
    """

    def __init__(
        self,
        *,
        propose: Callable[[int, Later], Params | None],
        plain: Callable[[Any], Params],
        deliver: Callable[[Any], None],
        first: int,
        abreast: bool,
        patience: float | None,
        code: Sequence[str],
        tell: Tell,
        broke: Callable[[BaseException, str], None],
    ) -> None:
        self._propose, self._plain, self._deliver = propose, plain, deliver
        self._abreast, self._patience, self._code = abreast, patience, code
        self._tell, self._broke = tell, broke
        self._changed = threading.Condition()
        self._next = first
        self._room = 0  # proposals that the controller could take
        self._open = 0  # trials without a verdict
        self._calls: dict[int, Call] = {}  # proposals that the tuner is at, oldest first
        self._ready: deque[tuple[int, Params]] = deque()
        self._owed: dict[int, float] = {}  # promised through st_callback, and since when
        self._laters: list[weakref.ref[Later]] = []  # by which they may come
        self._results: deque[Any] = deque()
        self._delivery: Call | None = None
        self._delivered = 0
        self._is_held = False  # until a result is in: the last call came to nothing
        self._is_promised = False  # the controller waits for `ready`
        self._is_closing = False
        self._is_broken = False
        self._idle_since: float | None = None
        self._given_up: list[str] = []  # in words, since the last result
        self._named: list[dict[str, Any]] = []  # the calls last told of
        for target in (self._mind, self._hand_on):
            threading.Thread(target=target, name=f"nni-{target.__name__}", daemon=True).start()

    # For the controller

    def ask(self, room: int) -> tuple[int, Params] | bool:
        """The next proposal with its number; True: it is coming; False: there is none for now.

        `room`: how many proposals the controller could take, this one included.
        """
        with self._changed:
            self._room, self._is_promised = room, False
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._ready or not self._is_soon(), _PROMPT)
            if self._ready:
                self._room -= 1
                return self._ready.popleft()
            self._is_promised = self._is_coming()
            return self._is_promised

    def why_none(self) -> str | None:
        """In words, why the search is over, where proposals were given up and nothing is left."""
        with self._changed:
            over = self._given_up and not self._open and not self._is_coming()
            return "; ".join(self._given_up) if over else None

    def hear(self, result: Any) -> None:
        """Deliver a result when those before it are delivered."""
        with self._changed:
            self._results.append(result)
            self._changed.notify_all()

    def under_way(self, count: int) -> None:
        """So many trials have no verdict now."""
        with self._changed:
            self._open = count
            self._changed.notify_all()

    def close(self, timeout: float) -> None:
        """Begin nothing any more, and deliver what was heard, at most for `timeout` seconds."""
        with self._changed:
            self._is_closing = True
            self._changed.notify_all()
            self._changed.wait_for(lambda: not self._has_results() or self._is_broken, timeout)

    # What is so (with the lock held)

    def _has_results(self) -> bool:
        return bool(self._results) or self._delivery is not None

    def _taken(self) -> int:
        return len(self._calls) + len(self._ready) + len(self._owed)

    def _wants_more(self) -> bool:
        stopped = self._is_held or self._is_closing or self._is_broken
        return not stopped and self._taken() < self._room

    def _is_coming(self) -> bool:
        going = self._ready or self._calls or self._owed or self._has_results()
        return not self._is_broken and bool(going or self._wants_more())

    def _is_soon(self) -> bool:
        """Whether a proposal may be there in a moment."""
        last = next(reversed(self._calls.values()), None)
        if last is not None and last.still_since is None:
            return True
        waits = self._delivery is not None and self._delivery.still_since is not None
        return not waits and (self._has_results() or self._may_begin())

    def _may_begin(self) -> bool:
        """Whether the next call's turn has come."""
        if not self._wants_more():
            return False
        if not self._abreast:
            return not self._calls and not self._has_results()
        last = next(reversed(self._calls.values()), None)
        if last is not None and last.still_since is None:
            return False
        if self._delivery is not None:
            return self._delivery.still_since is not None
        return not self._results

    def _may_deliver(self) -> bool:
        return bool(self._results) and (self._abreast or not self._calls or self._is_closing)

    # The threads

    def _mind(self) -> None:
        """Begin calls in their turn, and see to those that stand still."""
        looked_at = 0.0
        with self._changed:
            while not self._is_broken:
                now = time.monotonic()
                every = now - looked_at >= _LOOK
                looked_at = now if every else looked_at
                self._look(every=every)
                self._note_idle(now)
                if every:
                    self._give_up_overdue(now)
                    self._name(now)
                while self._may_begin():
                    self._begin()
                if self._is_promised and (self._ready or not self._is_coming()):
                    self._is_promised = False
                    self._tell({"ready": True})
                self._changed.notify_all()  # `ask` waits for what was seen
                self._changed.wait(self._pause(now))

    def _look(self, *, every: bool) -> None:
        """Judge the newest call and the delivery, or every call."""
        calls = list(self._calls.values())
        watched = [*(calls if every else calls[-1:]), self._delivery]
        for call in watched:
            if call is not None and call.standing is not None:
                call.standing.look()
        if self._owed and not any(later() for later in self._laters):
            self._owed.clear()  # nobody can hand them in any more
            self._is_held = True
        self._laters = [later for later in self._laters if later() is not None]

    def _pause(self, now: float) -> float | None:
        """Seconds until the next look: short while it decides what may begin."""
        last = next(reversed(self._calls.values()), self._delivery)
        if last is None:
            return _LOOK if self._owed or self._named else None
        if last.still_since is None:
            return min(_LOOK, max(WINDOW, (now - last.began_at) / 10))
        return _LOOK

    def _begin(self) -> None:
        call = Call("generate_parameters", self._next, time.monotonic(), self._delivered)
        self._next += 1
        self._calls[call.parameter_id] = call
        name = f"nni-proposal-{call.parameter_id}"
        threading.Thread(target=self._run, args=(call,), name=name, daemon=True).start()

    def _run(self, call: Call) -> None:
        """One proposal, in its thread."""
        call.standing = ThreadActivity()
        later = Later(self._came)
        kept = weakref.ref(later)
        try:
            params = self._propose(call.parameter_id, later)
        except BaseException as error:  # sys.exit() in a user's code included
            if call.parameter_id in self._calls:
                self._break(error, call.what)
            else:
                traceback.print_exc()  # it was given up: for the log alone
            return
        del later  # from now on it lives only where the tuner keeps it
        with self._changed:
            if self._calls.pop(call.parameter_id, None) is None:
                return  # given up
            if params is not None:
                self._ready.append((call.parameter_id, params))
            elif kept() is not None:
                self._laters.append(kept)
                self._owed[call.parameter_id] = time.monotonic()
            elif call.heard == self._delivered:
                self._is_held = True
            self._changed.notify_all()

    def _came(self, parameter_id: int, params: Any) -> None:
        """The tuner handed something in by `st_callback`."""
        made = self._plain(params)
        with self._changed:
            self._owed.pop(parameter_id, None)
            self._ready.append((parameter_id, made))
            self._changed.notify_all()

    def _hand_on(self) -> None:
        """Deliver results, one after the other."""
        while True:
            with self._changed:
                self._changed.wait_for(self._may_deliver)
                result = self._results.popleft()
                call = Call("receive_trial_result", result.parameter_id, time.monotonic(), 0)
                self._delivery = call
                self._changed.notify_all()
            call.standing = ThreadActivity()
            try:
                self._deliver(result)
            except BaseException as error:  # sys.exit() in a user's code included
                self._break(error, call.what)
                return
            with self._changed:
                self._delivery = None
                self._delivered += 1
                self._is_held = False
                self._given_up.clear()
                self._changed.notify_all()

    def _break(self, error: BaseException, what: str) -> None:
        with self._changed:
            if self._is_broken:
                return
            self._is_broken = True
            self._changed.notify_all()
        self._broke(error, what)

    # What stands still for too long

    def _note_idle(self, now: float) -> None:
        """Since when nothing is under way that could wake what waits."""
        busy = any(call.still_since is None for call in self._calls.values())
        if self._open or self._ready or self._has_results() or busy:
            self._idle_since = None
        elif self._idle_since is None:
            self._idle_since = now

    def _give_up_overdue(self, now: float) -> None:
        for call in list(self._calls.values()):
            since = call.still_since
            if since is not None and self._is_overdue(since, now, self._patience):
                del self._calls[call.parameter_id]
                where = f"stood still at {call.place(self._code)} for {now - since:.0f} s"
                self._give_up(call.parameter_id, where)
        for parameter_id, since in list(self._owed.items()):
            if self._is_overdue(since, now, None):
                del self._owed[parameter_id]
                self._give_up(parameter_id, "was to come by st_callback and did not")
        delivery = self._delivery
        since = delivery.still_since if delivery is not None else None
        if delivery is None or since is None or self._open:
            return
        if now - since >= (self._patience or IDLE):
            words = (
                f"it stands still at {delivery.place(self._code)}, and no result can be delivered"
            )
            error = (TimeoutError(words), delivery.what)
            threading.Thread(target=self._break, args=error, daemon=True).start()

    def _is_overdue(self, since: float, now: float, patience: float | None) -> bool:
        if patience is not None:
            return now - since >= patience
        limit = self._patience or IDLE
        return self._idle_since is not None and now - max(since, self._idle_since) >= limit

    def _give_up(self, parameter_id: int, why: str) -> None:
        self._is_held = True  # another try would stand still as well, until more is known
        longer = "" if self._patience else " (give it longer with tuner.patience)"
        words = f"proposal {parameter_id} was given up: it {why}{longer}"
        self._given_up.append(words)
        self._tell({"given_up": {"parameter_id": parameter_id, "reason": words}})

    def _name(self, now: float) -> None:
        """Tell the controller of calls that go on for long, and where they stand."""
        going = [*self._calls.values(), *filter(None, [self._delivery])]
        found = long_calls(going, now, self._code)
        if [unaged(said) for said in found] != [unaged(said) for said in self._named]:
            self._named = found
            self._tell({"standing": found})
