"""The experiments of a home: open are those that readers ask for."""

from __future__ import annotations

import functools
import time
from collections.abc import Mapping
from typing import Any, NamedTuple

from controller.errors import HeirloomError
from controller.state.errors import HomeError
from controller.state.experiment_dir import ExperimentDir
from controller.state.home import Home
from controller.views.page.documents.state import overview
from controller.views.server.live.experiment import LiveExperiment
from controller.views.server.live.followed import GoneError, Version
from controller.views.server.live.made import Made
from controller.views.server.live.pace import Pace
from controller.views.server.live.shared import SharedTasks
from controller.views.server.live.signature import Signature, signature
from controller.views.server.live.threads import LateError, StoreThreads, Worker

_IDLE = 60.0  # seconds after which an experiment without a reader is closed
_OPEN = 50  # experiments at once: each takes three file descriptors and a thread
_OVERVIEW = 5.0  # seconds after which the overview leaves the rest of the rows for the next time
_REREAD = 2.0  # seconds between two times that a row is made, at least
_SHARE = 0.05  # of the time, for the making of a row


class Change(NamedTuple):
    """What has become of an experiment. `state` is None where it is gone."""

    name: str
    sequence: int | None  # the number of the last event, None where the journal cannot be read
    state: str | None  # `unread`: not read yet


class _Row(NamedTuple):
    signature: Signature
    row: dict[str, Any]
    at: float
    took: float


class Experiments:
    """Opens experiments when they are asked for, and closes those without a reader.

    Args:
        home: where they are.
        only: the name of the only one that is shown, None for all.
    """

    def __init__(self, home: Home, only: str | None = None) -> None:
        self._home, self.only = home, only
        self.store = StoreThreads()
        self._pace = Pace()
        self._worker = Worker("home")
        self._live: dict[str, LiveExperiment] = {}
        self._tasks = SharedTasks()
        self._rows: dict[str, _Row] = {}
        self._made: tuple[list[dict[str, Any]], Made] | None = None  # the overview
        self._seen: dict[str, Signature] | None = None  # at the last call of `changes`
        self._told: dict[str, tuple[Version, str]] = {}
        self._due: dict[
            str, float
        ] = {}  # experiments of which something older was sent, until when

    async def find(self, name: str) -> LiveExperiment:
        """One experiment. Raises HomeError where there is none of this name."""
        live = self._live.get(name)
        if live is not None:
            return live
        if self.only is not None and name != self.only:
            raise HomeError(f"this page shows {self.only} only, and not {name!r}")
        place = await self._worker.run(self._home.find, name)
        if name not in self._live:
            while len(self._live) >= _OPEN:
                oldest = min(self._live, key=lambda each: self._live[each].used_at)
                self._live.pop(oldest).close()
            remind = functools.partial(self._remind, name)
            self._live[name] = LiveExperiment(place, self.store, self._pace, remind)
        return self._live[name]

    async def document(self, name: str, address: str, options: Mapping[str, str]) -> Made:
        """A document of an experiment. Raises HeirloomError."""
        live = await self.find(name)
        try:
            return await live.document(address, options)
        except GoneError:
            self._forget(name)
        live = await self.find(name)  # another one may have the name now
        return await live.document(address, options)

    async def overview(self) -> Made:
        """A row for each experiment, by name. Rows that take too long have the state `unread`."""
        return await self._tasks.run("overview", self._overview)

    async def _overview(self) -> Made:
        until = time.monotonic() + _OVERVIEW
        listed = await self._worker.run(self._list)
        rows = [await self._row(place, found, until) for place, found in listed]
        if self._made is None or self._made[0] != rows:
            self._made = rows, Made.of(rows)
        return self._made[1]

    async def changes(self) -> list[Change]:
        """What has changed since the last call. The first call returns nothing.

        It repeats an experiment of which readers were sent something older than its last change,
        once the newer one can be made.
        """
        listed = await self._worker.run(self._list)
        found = {place.name: now for place, now in listed}
        before, self._seen = self._seen, found
        if before is None:
            return []
        gone = [name for name in before if name not in found]
        for name in gone:
            self._forget(name)
        now = time.monotonic()
        changed = [name for name, seen in found.items() if before.get(name) != seen]
        due = [name for name, at in self._due.items() if at <= now and name in found]
        answers = [
            await self._change(name, is_changed=name in changed)
            for name in dict.fromkeys([*changed, *due])
        ]
        return [Change(name, None, None) for name in gone] + [each for each in answers if each]

    async def close_idle(self) -> None:
        """Close the experiments that no reader asked for within a minute."""
        limit = time.monotonic() - _IDLE
        for name in [name for name, live in self._live.items() if live.used_at < limit]:
            self._live.pop(name).close()

    def close(self) -> None:
        """Close all."""
        for name in list(self._live):
            self._live.pop(name).close()
        self._worker.close()

    async def _change(self, name: str, *, is_changed: bool) -> Change | None:
        """What to tell of an experiment, None if its readers know it already."""
        is_due = self._due.pop(name, None) is not None
        if not is_changed and name not in self._live:  # only its row is outdated
            return Change(name, None, "unread")
        try:
            live = await self.find(name)
            version = await live.look(now=True)
            state = await live.run(lambda source: source.state)
        except LateError:
            self._remind(name, time.monotonic() + _REREAD)
            return None
        except HeirloomError:
            self._forget(name)
            return Change(name, None, "unreadable")
        told = version, state
        if self._told.get(name) == told and not is_due:
            return None
        self._told[name] = told
        return Change(name, version.sequence, state)

    async def _row(self, place: ExperimentDir, found: Signature, until: float) -> dict[str, Any]:
        known, now = self._rows.get(place.name), time.monotonic()
        if known is not None and known.signature == found:
            return known.row
        if known is not None and now < known.at + max(_REREAD, known.took / _SHARE):
            self._remind(place.name, known.at + max(_REREAD, known.took / _SHARE))
            return known.row
        if now > until:
            self._remind(place.name, now)
            return known.row if known is not None else _unread(place.name)
        was_open = place.name in self._live
        try:
            live = await self.find(place.name)
            row = await live.run(overview.row)
        except LateError:  # it stays open: the next time needs only the rest of the time
            self._remind(place.name, time.monotonic() + _REREAD)
            return known.row if known is not None else _unread(place.name)
        except HeirloomError as error:
            row = overview.unreadable(place.name, str(error))
        if not was_open and place.name in self._live:  # it may be one of hundreds
            self._live.pop(place.name).close()
        took = time.monotonic() - now
        self._rows[place.name] = _Row(found, row, time.monotonic(), took)
        return row

    def _remind(self, name: str, at: float) -> None:
        """Tell the readers of an experiment at this time that it has changed."""
        self._due[name] = min(at, self._due.get(name, at))

    def _forget(self, name: str) -> None:
        self._rows.pop(name, None)
        self._told.pop(name, None)
        self._due.pop(name, None)
        live = self._live.pop(name, None)
        if live is not None:
            live.close()

    def _list(self) -> list[tuple[ExperimentDir, Signature]]:
        places = self._home.list()
        if self.only is not None:
            places = [place for place in places if place.name == self.only]
        found = ((place, signature(place)) for place in places)
        return [(place, now) for place, now in found if now is not None]


def _unread(name: str) -> dict[str, Any]:
    """The row of an experiment that is not read yet."""
    return {"name": name, "state": "unread"}
