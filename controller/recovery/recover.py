"""Rebuild the journal of an experiment from the store, when it is damaged or lost.

Verdicts, specs, mail and reports are on the store. What only the journal contained is lost: trials
that were never placed on a node, and the exact order of the tuner's calls.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import TypeAdapter

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
    """The experiment cannot be recovered, or does not need to be."""


@dataclass(slots=True)
class Recovered:
    """The result. `kept`: the damaged journal; `lost`: what could not be recovered, one a line."""

    place: ExperimentDir
    trials: int
    verdicts: int
    kept: Path | None
    lost: list[str] = field(default_factory=list)


def write_recovery_file(
    root: Root, created: e.Created, config: configs.Experiment, imports: e.ImportAsked | None
) -> None:
    """Write on the store what a recovery needs. Raises OSError.

    An inventory that is part of the experiment file is left out: it may contain passwords, and
    trials can read this file.
    """
    if isinstance(config.inventory, dict):
        config = config.model_copy(update={"inventory": None})
    content = {
        "format": FORMAT,
        "created": dataclasses.asdict(created),
        "config": json.loads(configs.dump(config)),
        "imports": None if imports is None else dataclasses.asdict(imports),
    }
    path = root.path / "recovery.json"
    replace_file(str(path), json.dumps(content).encode(), durable=True)
    path.chmod(0o640)  # open applied the umask


def recover(named: str, home: Home) -> Recovered:
    """Rebuild an experiment's journal, and its experiment file if that is missing or damaged.

    `named` is the experiment's name, or its directory on the store.

    Raises HeirloomError; the journal is then unchanged.
    """
    path = Path(named).absolute() if "/" in named else _root(named, home)
    root = layout.find(path)
    created, imports, config = _read_recovery_file(root)
    home.prepare()
    place = ExperimentDir(home.experiments / created.name)
    try:
        place.path.mkdir(mode=0o700, exist_ok=True)
        with Lock(place):
            return _recover(place, root, created, imports, config)
    except OSError as error:
        where = error.filename or place.path
        raise RecoveryError(f"{where} cannot be written: {reason(error)}") from None


def _recover(
    place: ExperimentDir,
    root: Root,
    created: e.Created,
    imports: e.ImportAsked | None,
    config: configs.Experiment,
) -> Recovered:
    intact = _intact_events(place, created.root)
    if intact is not None:
        if not _restore_config(place, config):
            raise RecoveryError(
                f"the journal of {place.name} is whole: go on with "
                f"`{command('resume', place.name)}`"
            )
        return _recovered(place, intact, None)
    found = Salvage(root, imports)
    events = [created, *found.imports(), e.Opened(at=created.at), *found.events()]
    _restore_config(place, config)
    draft = place.path / "journal.new"
    for leftover in place.path.glob("journal.new*"):
        leftover.unlink()
    with Journal.create(draft) as journal:
        journal.append(events)
    kept = _rename_damaged(place)
    draft.rename(place.journal)
    for directory in (place.path, place.path.parent):
        sync_directory(str(directory))
    return _recovered(place, events, kept, found.lost)


def _recovered(
    place: ExperimentDir, events: Sequence[e.Event], kept: Path | None, lost: Sequence[str] = ()
) -> Recovered:
    trials = sum(isinstance(event, e.Proposed | e.Imported) for event in events)
    verdicts = sum(isinstance(event, e.VerdictSeen | e.Imported) for event in events)
    found = Recovered(place, trials, verdicts, kept, list(lost))
    created = events[0]
    own = isinstance(created, e.Created) and created.inventory == str(place.inventory)
    if own and not (place.inventory.exists() and place.inventory.stat().st_size):
        found.lost.append(
            "the inventory of the experiment file, which is not kept on the store: write it to a "
            "file, and resume with -i FILE"
        )
    return found


def _restore_config(place: ExperimentDir, config: configs.Experiment) -> bool:
    """Write the experiment file if it cannot be read. Returns whether it was written."""
    restored = False
    try:
        configs.restore(place.config.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        replace_file(str(place.config), configs.dump(config).encode(), durable=True, mode=0o600)
        restored = True
    sync_directory(str(place.path))
    return restored


def _root(name: str, home: Home) -> Path:
    """The root of an experiment, from the first row of its journal or by its name."""
    place = ExperimentDir(home.experiments / name)
    with contextlib.suppress(JournalError), Journal.open(place.journal, readonly=True) as journal:
        _, first = next(iter(journal.read()), (0, None))
        if isinstance(first, e.Created):
            return Path(first.root)
    store = home.store
    with contextlib.suppress(OSError, ValueError):
        store = configs.restore(place.config.read_text(encoding="utf-8")).store or store
    found = []
    for path in sorted((store / user_name()).glob(f"{name}-*")):
        with contextlib.suppress(HeirloomError):
            if _read_recovery_file(Root(path))[0].name == name:
                found.append(path)
    if len(found) != 1:
        what = "several experiments" if found else "no experiment"
        raise RecoveryError(
            f"{store / user_name()} holds {what} named {name}: name its directory on the store, "
            "such as recover /store/ann/digits-3fa92c1b"
        )
    return found[0]


def _read_recovery_file(
    root: Root,
) -> tuple[e.Created, e.ImportAsked | None, configs.Experiment]:
    path = root.path / "recovery.json"
    try:
        content = json.loads(path.read_bytes())
        if content["format"] != FORMAT:
            raise RecoveryError(
                f"{path} has format {content['format']!r}; the known one is {FORMAT}"
            )
        created = e.Created(**content["created"])
        asked = content.get("imports")
        imports = None if asked is None else TypeAdapter(e.ImportAsked).validate_python(asked)
        config = configs.restore(json.dumps(content["config"]))
        return dataclasses.replace(created, root=str(root.path)), imports, config
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RecoveryError(f"{path}, which recovery needs, cannot be read: {error}") from None


def _intact_events(place: ExperimentDir, root: str) -> list[e.Event] | None:
    """The events of the journal; None if it is damaged."""
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


def _rename_damaged(place: ExperimentDir) -> Path | None:
    """Rename the damaged journal, and the files that SQLite put beside it."""
    if not place.journal.exists():
        return None
    kept = place.path / f"journal.damaged-{time.time_ns()}.db"
    place.journal.rename(kept)
    for ending in ("-wal", "-shm"):
        with contextlib.suppress(FileNotFoundError):
            place.journal.with_name(place.journal.name + ending).rename(f"{kept}{ending}")
    return kept
