"""Which faults occur in one run and how often, and the trace of the run."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable

# Faults of a single call, message, answer or trial, with the highest rate of each.
RATES = {
    "refused call": 0.02,
    "done, and an error": 0.03,
    "torn write": 0.01,
    "full": 0.5,
    "bad read": 0.02,
    "wave dropped before": 0.1,
    "wave dropped after": 0.1,
    "wave late": 0.1,
    "start refused": 0.05,
    "trial fails": 0.15,
    "trial reports nothing": 0.05,
    "trial hangs": 0.05,
    "trial leaves a process": 0.25,
    "trial saves checkpoints": 0.5,
    "cancelled as it ends": 0.2,
    "trial writes beside its save path": 0.05,
    "journal killed before": 0.01,
    "journal torn": 0.01,
    "journal killed after": 0.01,
    "journal full": 0.005,
    "killed between acts": 0.005,
    "node not listed": 0.1,
    "tuner slow": 0.1,
    "tuner silent": 0.02,
    "tuner throws": 0.01,
    "tuner withholds": 0.1,
    "tuner names unknown parents": 0.05,
    "tuner cannot answer": 0.1,
    "tuner names ruled out parents": 0.05,
    "assessor stops": 0.4,
}
# Faults of the whole cluster that begin at random times.
INCIDENTS = (
    "node loses power",
    "node freezes",
    "network cut",
    "supervisor killed",
    "server unavailable",
    "store full",
    "lab loses power",
    "controller killed",
    "controller freezes",
    "clock jumps",
    "mail delayed",
    "mail doubled",
    "malformed mail",
    "disk corrupts bytes",
    "user cancels",
    "user retries",
    "user stops",
    "user collects garbage",
)
_DISABLED = 0.4  # share of the kinds of faults that are disabled in a run


class Trace:
    """Lines about what happens, in order. Without `write_line` nothing is written."""

    def __init__(
        self, clock: Callable[[], float], write_line: Callable[[str], None] | None
    ) -> None:
        self._clock = clock
        self._write_line = write_line

    def write(self, who: str, what: str) -> None:
        if self._write_line is not None:
            self._write_line(f"{self._clock():10.3f}  {who:<12} {what}")

    @property
    def is_enabled(self) -> bool:
        return self._write_line is not None


class Faults:
    """Random faults and their counts. None occurs unless `enabled`."""

    def __init__(self, rng: random.Random, trace: Trace) -> None:
        self.enabled = True
        self.counts: Counter[str] = Counter()
        self._rng = rng
        self._trace = trace
        strength = rng.choice([0.3, 1.0, 2.0, 4.0])
        self._rates = {
            name: 0.0 if rng.random() < _DISABLED else rate * strength * rng.random()
            for name, rate in RATES.items()
        }
        self.round_trip = rng.choice([(0.0005, 0.02), (0.0005, 0.02), (0.01, 0.8)])  # seconds
        self.incidents = [name for name in INCIDENTS if rng.random() > _DISABLED]
        self.pause = rng.choice([10.0, 40.0, 120.0])  # mean seconds between incidents

    def occurs(self, what: str) -> bool:
        """Whether the fault occurs now. Counts it if so."""
        if not self.enabled or self._rng.random() >= self._rates[what]:
            return False
        self.counts[what] += 1
        if self._trace.is_enabled:
            self.note(what)
        return True

    def disable(self, what: str) -> None:
        """Disable one kind of fault."""
        self._rates[what] = 0.0

    def note(self, what: str) -> None:
        self._trace.write("fault", what)

    def read(self, data: bytes) -> bytes:
        """The bytes that a read returns."""
        if self.occurs("bad read"):
            at = self._rng.randrange(len(data))
            return data[:at] + b"\0" * (len(data) - at)
        return data
