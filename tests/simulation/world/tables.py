"""The reading tables hold what the events lead to, whenever the controller is killed."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

from controller.core.experiment import Experiment
from controller.engine.continuation.tuner_state import StateKeeper
from controller.state.journal import Journal
from controller.state.reading.curves import Curves, Reports
from controller.state.reading.reader import Restored
from tests.simulation.core_state import state_of

if TYPE_CHECKING:
    from controller.engine.loop import Loop
    from tests.simulation.world.lab import Lab
    from tests.simulation.world.tuner import SimulatedTuner


class Tables:
    """Checks the tables, and lets a controller go on from them."""

    def __init__(self, lab: Lab, seed: int) -> None:
        # Another generator, so that this leaves everything else as it is.
        self._rng = random.Random(f"{seed} tables")
        self._lab = lab
        self._every = self._rng.choice([1, 2, 5, 20, 100, 2000])

    def open(self, journal: Journal, replayed: Experiment) -> tuple[Experiment, Restored | None]:
        """The experiment of the next controller: from the tables, or as `replayed`."""
        restored = self.check(journal, replayed)
        if not restored.seq or self._rng.random() < 0.3:
            return replayed, None
        return restored.experiment, restored

    def follow(self, journal: Journal, x: Experiment, restored: Restored | None) -> None:
        """Have the tables written from now on."""
        journal.follow(x, restored, every=self._every)

    def keep_tuner_state(self, loop: Loop, journal: Journal, tuner: SimulatedTuner) -> None:
        """Have the tuner's state kept as often as the tables are written."""
        loop._tuner_state = StateKeeper(
            journal, tuner, lambda: self._lab.schedule.now, every=self._every
        )

    def check(self, journal: Journal, replayed: Experiment) -> Restored:
        """Compare the tables with the events. Returns the experiment that they lead to."""
        found = []
        for lazy in (True, False):
            with journal.snapshot():
                restored = journal.restore(lambda: replayed.rules, lazy=lazy)
                curves = journal.curves(restored)
                for _, event in journal.read(restored.seq):
                    restored.experiment.apply(event)
                    if isinstance(event, Reports):
                        curves.add(event)
                x = restored.experiment
                trials = list(x.trials)
            self._hold(trials == list(replayed.trials), "the tables have other trials")
            self._hold(_shown(curves) == self._curves(), "the tables have other curves")
            found.append(restored)
        self._hold(state_of(x) == state_of(replayed), "the tables lead to another state")
        different = journal.differences(replayed.rules)
        self._hold(not different, f"`verify` finds differences: {different}")
        return found[-1]

    def _curves(self) -> Any:
        curves = Curves()
        for event in self._lab.disk.promised:
            if isinstance(event, Reports):
                curves.add(event)
        return _shown(curves)

    def _hold(self, holds: bool, message: str) -> None:
        self._lab.rules.hold(3, holds, message)


def _shown(curves: Curves) -> Any:
    return curves.values, list(curves.metrics.items())
