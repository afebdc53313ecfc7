"""An experiment whose journal is damaged, or gone, is made again from what stands on the store.

Verdicts, specs, mail and reports lie there. What only the journal knew is lost: trials that never
came to a node, and the exact order of the tuner's calls.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from controller import config as configs
from controller.core import events as e
from controller.errors import HeirloomError, reason
from controller.formats import command
from controller.recovery.salvage import Salvage
from controller.state.experiment_dir import ExperimentDir
from controller.state.home import Home, user_name
from controller.state.journal import Journal, JournalError, NewerJournalError
from controller.state.lock import Lock
from controller.store import layout
from controller.store.layout import Root
from heirloom.store.atomic_write import replace_file, sync_directory

FORMAT = 1


class RecoveryError(HeirloomError):
    """The experiment cannot be recovered, or need not be."""


@dataclass(slots=True)
class Recovered:
    """What was found. `kept`: the damaged journal; `lost`: what cannot be known, in words."""

    place: ExperimentDir
    trials: int
    verdicts: int
    kept: Path | None
    lost: list[str] = field(default_factory=list)


def leave(root: Root, created: e.Created, config: configs.Experiment) -> None:
    """Leave on the store what a recovery needs. Raises OSError.

    An inventory that is written out in the experiment stays behind: it may hold passwords, and
    trials can read what stands here.
    """
    if isinstance(config.inventory, dict):
        config = config.model_copy(update={"inventory": None})
    said = {
        "format": FORMAT,
        "created": dataclasses.asdict(created),
        "config": json.loads(configs.dump(config)),
    }
    path = root.path / "recovery.json"
    replace_file(str(path), json.dumps(said).encode(), durable=True)
    path.chmod(0o640)  # whatever the umask


def recover(named: str, home: Home) -> Recovered:
    """Make an experiment's journal anew, and what else of its own is missing or damaged.

    `named` is its name, or its directory on the store.

    Raises HeirloomError, and then the journal is as it was.
    """
    path = Path(named).absolute() if "/" in named else _root(named, home)
    root = layout.find(path)
    created, config = _left(root)
    home.prepare()
    place = ExperimentDir(home.experiments / created.name)
    try:
        place.path.mkdir(mode=0o700, exist_ok=True)
        with Lock(place):
            return _recover(place, root, created, config)
    except OSError as error:
        where = error.filename or place.path
        raise RecoveryError(f"{where} cannot be written: {reason(error)}") from None


def _recover(
    place: ExperimentDir, root: Root, created: e.Created, config: configs.Experiment
) -> Recovered:
    whole = _whole(place, created.root)
    if whole is not None:
        if not _mend(place, config):
            raise RecoveryError(
                f"the journal of {place.name} is whole: go on with "
                f"`{command('resume', place.name)}`"
            )
        return _recovered(place, whole, None)
    found = Salvage(root)
    events = [created, e.Opened(at=created.at), *found.events()]
    _mend(place, config)
    draft = place.path / "journal.new"
    for leftover in place.path.glob("journal.new*"):
        leftover.unlink()
    with Journal.create(draft) as journal:
        journal.append(events)
    kept = _set_aside(place)
    draft.rename(place.journal)
    for directory in (place.path, place.path.parent):
        sync_directory(str(directory))
    return _recovered(place, events, kept, found.lost)


def _recovered(
    place: ExperimentDir, events: Sequence[e.Event], kept: Path | None, lost: Sequence[str] = ()
) -> Recovered:
    trials = sum(isinstance(event, e.Proposed) for event in events)
    verdicts = sum(isinstance(event, e.VerdictSeen) for event in events)
    found = Recovered(place, trials, verdicts, kept, list(lost))
    created = events[0]
    own = isinstance(created, e.Created) and created.inventory == str(place.inventory)
    if own and not (place.inventory.exists() and place.inventory.stat().st_size):
        found.lost.append(
            "the inventory that the experiment file held, which is not kept on the store: write it "
            "to a file, and resume with -i FILE"
        )
    return found


def _mend(place: ExperimentDir, config: configs.Experiment) -> bool:
    """Write the experiment file again where it cannot be read; whether that was so."""
    mended = False
    try:
        configs.restore(place.config.read_text())
    except (OSError, ValueError):
        replace_file(str(place.config), configs.dump(config).encode(), durable=True, mode=0o600)
        mended = True
    sync_directory(str(place.path))
    return mended


def _root(name: str, home: Home) -> Path:
    """Where an experiment's root is, by the first row of its journal or by its name."""
    place = ExperimentDir(home.experiments / name)
    with contextlib.suppress(JournalError), Journal.open(place.journal, readonly=True) as journal:
        _, first = next(iter(journal.read()), (0, None))
        if isinstance(first, e.Created):
            return Path(first.root)
    store = home.store
    with contextlib.suppress(OSError, ValueError):
        store = configs.restore(place.config.read_text()).store or store
    found = []
    for path in sorted((store / user_name()).glob(f"{name}-*")):
        with contextlib.suppress(HeirloomError):
            if _left(Root(path))[0].name == name:
                found.append(path)
    if len(found) != 1:
        what = "several experiments" if found else "no experiment"
        raise RecoveryError(
            f"{store / user_name()} holds {what} named {name}: name its directory on the store, "
            "such as recover /store/ann/digits-3fa92c1b"
        )
    return found[0]


def _left(root: Root) -> tuple[e.Created, configs.Experiment]:
    path = root.path / "recovery.json"
    try:
        said = json.loads(path.read_bytes())
        if said["format"] != FORMAT:
            raise RecoveryError(f"{path} has format {said['format']!r}, known is {FORMAT}")
        created = e.Created(**said["created"])
        return dataclasses.replace(created, root=str(root.path)), configs.restore(
            json.dumps(said["config"])
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RecoveryError(f"{path}, which a recovery needs, cannot be read: {error}") from None


def _whole(place: ExperimentDir, root: str) -> list[e.Event] | None:
    """What the journal holds; None where it is damaged."""
    try:
        with Journal.open(place.journal) as journal:
            events = [event for _, event in journal.read()]
    except NewerJournalError:
        raise
    except JournalError:
        return None
    if not events or not isinstance(events[0], e.Created):
        return None
    if events[0].root != root:
        raise RecoveryError(
            f"{place.path} is another experiment of that name, on {events[0].root}: remove it first"
        )
    return events


def _set_aside(place: ExperimentDir) -> Path | None:
    """Keep the damaged journal under another name, with what SQLite put beside it."""
    if not place.journal.exists():
        return None
    kept = place.path / f"journal.damaged-{time.time_ns()}.db"
    place.journal.rename(kept)
    for ending in ("-wal", "-shm"):
        with contextlib.suppress(FileNotFoundError):
            place.journal.with_name(place.journal.name + ending).rename(f"{kept}{ending}")
    return kept
