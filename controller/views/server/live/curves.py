"""The learning curves of an experiment at one moment, each read when it is asked for."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path

from controller.state.reading import chosen
from controller.state.reading.curve import Points
from controller.state.reading.curves import TrialCurves


class StoredCurves:
    """The curves of the trials that were asked for, of values and of metrics.

    Call `load` first for those of many trials, since each reading of the journal takes
    the time of its latest events. Methods raise JournalError.

    Args:
        path: of the journal.
        trials: the number of trials.
        together: trials whose curves are read with the first one, since they are wanted too.
    """

    def __init__(self, path: Path, trials: int, together: Collection[int] = ()) -> None:
        self._path, self._trials, self._together = path, trials, together
        self._held: dict[int, TrialCurves] = {}
        self._read: set[int] = set()

    def load(self, trials: Iterable[int]) -> None:
        """Read the curves of these trials."""
        missing = {trial for trial in trials if trial not in self._read}
        if not missing:
            return
        if not self._read:
            missing.update(self._together)
        found = chosen.read(self._path, missing)
        self._read |= missing
        for trial in missing:
            curves = found.get(trial)
            if curves is not None:
                self._held[trial] = curves

    def of(self, trial: int) -> TrialCurves | None:
        """The curves of a trial, None if it has reported nothing."""
        self.load([trial])
        return self._held.get(trial)

    @property
    def values(self) -> Mapping[int, Points]:
        """The values, by trial."""
        return _View(self, None)

    @cached_property
    def names(self) -> list[str]:
        """The names of the metrics of all trials."""
        return list(chosen.read(self._path, ()).names)

    @property
    def metrics(self) -> Mapping[str, Mapping[int, Points]]:
        """The metrics, by name and trial."""
        return _Metrics(self)

    def with_reports(self) -> list[int]:
        """The trials that have reported something. Reads the curves of all."""
        self.load(range(self._trials))
        return sorted(self._held)


class _View(Mapping[int, Points]):
    """The curves of one name, by trial."""

    def __init__(self, curves: StoredCurves, name: str | None) -> None:
        self._curves, self._name = curves, name

    def __getitem__(self, trial: int) -> Points:
        found = self._curves.of(trial)
        points = None if found is None else found.points(self._name)
        if points is None:
            raise KeyError(trial)
        return points

    def __iter__(self) -> Iterator[int]:
        return (trial for trial in self._curves.with_reports() if trial in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)


class _Metrics(Mapping[str, Mapping[int, Points]]):
    """The curves of the metrics, by name and trial."""

    def __init__(self, curves: StoredCurves) -> None:
        self._curves = curves

    def __getitem__(self, name: str) -> Mapping[int, Points]:
        if name not in self._curves.names:
            raise KeyError(name)
        return _View(self._curves, name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._curves.names)

    def __len__(self) -> int:
        return len(self._curves.names)
