"""How often what goes wrong, in one run; and the story of it."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable

# Faults of a single call, or of a single letter, answer or trial: how often at most.
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
    "tuner names nonsense": 0.05,
    "tuner cannot say": 0.1,
    "tuner breaks its word": 0.05,
    "assessor stops": 0.4,
}
# What befalls the lab now and then.
DISASTERS = (
    "node loses power",
    "node freezes",
    "network cut",
    "supervisor killed",
    "server away",
    "store full",
    "lab loses power",
    "controller killed",
    "controller freezes",
    "clock jumps",
    "mail delayed",
    "mail doubled",
    "odd mail",
    "disk rots",
    "person cancels",
    "person retries",
    "person stops",
    "person collects",
)
_KINDLY = 0.4  # share of the kinds of faults that a run does without


class Story:
    """What happened, in its order; told only where somebody listens."""

    def __init__(self, clock: Callable[[], float], listen: Callable[[str], None] | None) -> None:
        self._clock = clock
        self._listen = listen

    def say(self, who: str, what: str) -> None:
        if self._listen is not None:
            self._listen(f"{self._clock():10.3f}  {who:<12} {what}")

    @property
    def is_told(self) -> bool:
        return self._listen is not None


class Weather:
    """Chance, and what it has done so far. Fair weather strikes nobody."""

    def __init__(self, rng: random.Random, story: Story) -> None:
        self.bad = True
        self.counts: Counter[str] = Counter()
        self._rng = rng
        self._story = story
        strength = rng.choice([0.3, 1.0, 2.0, 4.0])
        self._rates = {
            name: 0.0 if rng.random() < _KINDLY else rate * strength * rng.random()
            for name, rate in RATES.items()
        }
        self.round_trip = rng.choice([(0.0005, 0.02), (0.0005, 0.02), (0.01, 0.8)])  # seconds
        self.disasters = [name for name in DISASTERS if rng.random() > _KINDLY]
        self.pause = rng.choice([10.0, 40.0, 120.0])  # seconds between disasters, on average

    def strikes(self, what: str) -> bool:
        """Whether it happens now."""
        if not self.bad or self._rng.random() >= self._rates[what]:
            return False
        self.counts[what] += 1
        if self._story.is_told:
            self.say(what)
        return True

    def forgo(self, what: str) -> None:
        """Do without this."""
        self._rates[what] = 0.0

    def say(self, what: str) -> None:
        self._story.say("fault", what)

    def read(self, data: bytes) -> bytes:
        """What a read of these bytes gives."""
        if self.strikes("bad read"):
            at = self._rng.randrange(len(data))
            return data[:at] + b"\0" * (len(data) - at)
        return data
