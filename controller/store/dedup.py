"""Files that are stored once for several trials, from their manifests."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from controller.core.model import Outcome, Trial
from controller.errors import reason
from controller.store.layout import Root
from heirloom.store import manifest
from heirloom.store.files import Files
from heirloom.store.manifest import Entry, ManifestError


def sizes(files: Files, root: Root, trials: Sequence[Trial]) -> tuple[int, int]:
    """The sizes in bytes of all weights: as plain copies, and as they are stored.

    Reads the manifests of trials that share files. Raises OSError.
    """
    standing = [trial for trial in trials if trial.weights and not trial.removed]
    plain = sum(trial.size for trial in standing)
    stored = sum(trial.size - trial.shared for trial in standing)
    here = {trial.id for trial in standing}
    orphaned: dict[tuple[int, str], int] = {}  # files whose first owner's weights were removed
    for trial in standing:
        for entry in _entries(files, root, trial) if trial.shared else ():
            if entry.shared is not None and entry.shared not in here:
                orphaned[entry.shared, entry.digest] = entry.size
    return plain, stored + sum(orphaned.values())


@dataclass(frozen=True, slots=True)
class Damage:
    """A damaged file. `sharers`: the other trials that share its bytes."""

    path: str  # below `weights/`
    found: str  # the attempt that committed it; the expected and the found digest
    sharers: tuple[int, ...]


def damage(files: Files, root: Root, trials: Sequence[Trial], damaged: Trial) -> list[Damage]:
    """The damaged files of a trial. Raises OSError."""
    return [
        Damage(entry.path, found, tuple(_sharers(files, root, trials, damaged, entry)))
        for entry in _entries(files, root, damaged)
        if (found := _found(trials, damaged, entry))
    ]


def damage_words(files: Files, root: Root, trials: Sequence[Trial], damaged: Trial) -> str:
    """Describe a damaged trial in one line. The store may be unavailable."""
    nodes = " and ".join(dict.fromkeys(damaged.corrupt_on))
    parts = []
    try:
        for each in damage(files, root, trials, damaged):
            named = ", ".join(map(str, each.sharers))
            once = f"; stored once for it and {named}" if named else ""
            parts.append(f"{each.path}, {each.found}{once}")
    except OSError as error:
        parts.append(f"the store does not answer: {reason(error)}")
    return f"seen on {nodes}" + "".join(f"; {text}" for text in parts)


def _found(trials: Sequence[Trial], damaged: Trial, entry: Entry) -> str:
    """What the last attempt that read the file found; empty if none found it damaged."""
    named = f"/trials/{damaged.id}/weights/{entry.path}, "
    found = [
        attempt.reason.partition(named)[2]
        for trial in trials
        for attempt in trial.attempts
        if attempt.outcome is Outcome.CORRUPT and f"{named}committed by" in attempt.reason
    ]
    return found[-1] if found else ""


def _sharers(
    files: Files, root: Root, trials: Sequence[Trial], damaged: Trial, entry: Entry
) -> Iterator[int]:
    first = damaged.id if entry.shared is None else entry.shared
    for trial in trials:
        if trial.id == damaged.id or trial.removed or not trial.weights:
            continue
        if trial.id == first or (
            trial.shared
            and any(
                (other.shared, other.digest) == (first, entry.digest)
                for other in _entries(files, root, trial)
            )
        ):
            yield trial.id


def _entries(files: Files, root: Root, trial: Trial) -> tuple[Entry, ...]:
    with contextlib.suppress(ManifestError):  # a damaged manifest: its files are unknown
        found = manifest.read(files, str(root.path), trial.id)
        return () if found is None else found.files
    return ()
