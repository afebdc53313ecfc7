"""What precedes and follows a search: imported trials, and larger budgets."""

from __future__ import annotations

import hashlib
import random
from typing import TYPE_CHECKING, Any

from controller.core import events as e
from controller.core.experiment import Experiment
from controller.engine.continuation.extension import Extension, ExtensionError
from controller.state.journal import Journal
from heirloom.store.manifest import Entry, Manifest
from tests.simulation.world.store import Inode

if TYPE_CHECKING:
    from tests.simulation.world.lab import Lab

_MORE = "+2"


class Continuation:
    """What precedes and what follows the search of one run."""

    def __init__(self, lab: Lab, seed: int) -> None:
        # Another generator, so that this leaves everything else as it is.
        rng = random.Random(f"{seed} continuation")
        self._lab, self._rng = lab, rng
        self._imports = rng.choice([0, 0, 0, 1, 2, 3])
        self.extensions = rng.choice([0, 0, 1, 2])  # that are left, after the end
        self._requested_after = rng.choice([None, rng.uniform(1.0, 300.0)])  # seconds

    def begin(self) -> list[e.Event]:
        """The first events. The controller may have been killed during the import."""
        if self._requested_after is not None:
            request = {"action": "extend", "trials": _MORE, "duration": None, "by": "ann"}
            self._lab.schedule.after(self._requested_after, lambda: self._lab.inbox.send(request))
        if not self._imports:
            return []
        trials = tuple(range(10, 10 + self._imports))
        asked = e.ImportAsked(
            at=self._lab.wall(),
            experiment="before",
            root="/heirloom/ann/before-1",
            trials=trials,
            candidates=tuple(map(self._params, range(self._imports))),
        )
        whole = self._rng.randint(0, self._imports)
        return [asked, *(self._take(trial) for trial in range(whole))]

    def complete(self, x: Experiment, journal: Journal) -> None:
        """Import the rest, as `controller.engine.continuation.warm_start` does."""
        while x.is_importing:
            event = self._take(x.imported)
            x.apply(event)
            Journal.append(journal, [event])
            self._lab.disk.promise([event])

    def extend(self, x: Experiment) -> list[e.Event]:
        """The extension of a search that has ended. Empty: it stays as it is."""
        if not self.extensions:
            return []
        self.extensions -= 1
        try:
            event = Extension(_MORE, None, "ann").event(x, "search", x.last_at)
        except ExtensionError:  # its duration is used up
            return []
        self._lab.trace.write("controller", f"the budget is extended to {event.trials} trials")
        return [event]

    def judge(self, x: Experiment) -> None:
        """Check that the budget in force was kept, and that what it left was used."""
        extended = [
            event.trials
            for event in self._lab.disk.promised
            if isinstance(event, e.BudgetExtended) and event.trials is not None
        ]
        limit = max(extended, default=x.rules.trials or 0)
        concluding = {
            event.trial
            for event in self._lab.disk.promised
            if isinstance(event, e.Proposed) and event.concludes
        }
        counted = [
            trial.id
            for trial in x.trials
            if trial.origin is None and trial.state != "cancelled" and trial.id not in concluding
        ]
        proposed = [number for number in counted if x.trials[number].retry_of is None]
        self._lab.rules.hold(3, len(proposed) <= limit, f"{len(proposed)} of {limit} trials ran")
        over, duration = x.search_over, x.rules.duration
        if over is not None and over.exhausted and x.stopping is None and duration is None:
            whole = len(counted) >= limit
            self._lab.rules.hold(3, whole, f"it ended after {len(counted)} of {limit} trials")

    def _params(self, trial: int) -> dict[str, Any]:
        return {"x": (trial + 1) / 4, "y": "'; rm -rf / #"}

    def _take(self, trial: int) -> e.Imported:
        """Put the trial on the store, unless it is there; the event that says so."""
        data = f"imported {trial}".encode()
        objectives = self._lab.config.rules().objectives
        named = self._lab.values_of(f"imported {trial}")
        value = named[objectives.first.name]
        values = named if objectives.are_named else {}
        if self._lab.server.find(f"trials/{trial}") is None:
            self._put(trial, data, value, values)
        return e.Imported(
            at=self._lab.wall(), trial=trial, value=value, values=values or None, size=len(data)
        )

    def _put(self, trial: int, data: bytes, value: float, values: dict[str, float]) -> None:
        origin: dict[str, Any] = {
            "experiment": "before",
            "root": "/heirloom/ann/before-1",
            "trial": 10 + trial,
            "params": self._params(trial),
        }
        digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
        manifest = Manifest(
            experiment="search-1",
            trial=trial,
            state="succeeded",
            value=value,
            values=values,
            weights=True,
            files=(Entry("model", len(data), digest),),
            imported=origin,
        )
        place, weights = Inode("directory", 0o550), Inode("directory", 0o550)
        server = self._lab.server
        server.link(place, "manifest.json", Inode("file", 0o440, manifest.to_json()))
        server.link(weights, "model", Inode("file", 0o440, data))
        server.link(place, "weights", weights)
        server.put(f"trials/{trial}", place)
        server.harden()
        self._lab.rules.appeared(f"trials/{trial}", place)
