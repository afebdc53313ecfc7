"""How long an attempt's heartbeat has stood still, on the controller's own clock."""

from __future__ import annotations

ABSENT_FACTOR = 2.0  # patience with an attempt that has no heartbeat yet: it may wait to begin


class HeartbeatMonitor:
    """Measures one attempt's silence from looks that succeeded, each close to the one before.

    A look that failed, stalled or came late (the store was away, the controller was suspended)
    says nothing about the supervisor, so counting starts anew after it. `limit` and `gap` are in
    seconds: how long silence is bearable, and how far apart two looks may be, unless they are
    always as far apart: a slow store, or many attempts.
    """

    def __init__(self, limit: float, gap: float) -> None:
        self._limit, self._gap = limit, gap
        self._counter: bytes | None = None
        self._last_look: float | None = None
        self._quiet_since = 0.0
        self._usual = 0.0  # seconds between the last two looks

    def look(self, counter: bytes | None, now: float) -> bool:
        """Take what the heartbeat says (None: no file). True when silence has lasted too long.

        True is said once; silence is then counted anew.
        """
        since = None if self._last_look is None else now - self._last_look
        late = since is None or since > max(self._gap, 2 * self._usual)
        self._usual = since or 0.0
        if late or counter != self._counter:
            self._quiet_since = now
        self._counter, self._last_look = counter, now
        limit = self._limit if counter is not None else self._limit * ABSENT_FACTOR
        if now - self._quiet_since < limit:
            return False
        self._quiet_since = now
        return True

    def anew(self) -> None:
        """Forget how long it was silent: a look has failed."""
        self._last_look = None
