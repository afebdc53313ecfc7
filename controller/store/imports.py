"""Import a committed trial of another experiment as a trial of this one.

The weights are linked where the file system allows it, and copied elsewhere. So the two experiments
share bytes and nothing else: each removes its own names. While the other experiment is in use, its
weights may be removed at any time; the digests of what was linked or copied decide.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from controller.errors import HeirloomError, reason
from controller.store import layout
from controller.store.layout import Root
from heirloom.store import manifest
from heirloom.store.commits import commit
from heirloom.store.commits.verify import differences
from heirloom.store.digests import measure
from heirloom.store.files import Files
from heirloom.store.manifest import Manifest, ManifestError

_FILE_MODE = 0o440


class ImportFailedError(HeirloomError):
    """A trial cannot be imported; the message says why, and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A trial of another experiment."""

    experiment: str  # its name
    root: Path  # its directory on the store
    trial: int

    def __str__(self) -> str:
        return f"trial {self.trial} of {self.experiment}"


def problem(files: Files, source: Source) -> str | None:
    """Why the source cannot be imported now, or None. Reads all of its bytes."""
    try:
        found = _verdict(files, source)
        lines = differences(files, str(source.root), found, lambda: None)
    except ImportFailedError as error:
        return str(error)
    except OSError as error:
        return f"the weights of {source} cannot be read: {error.filename}: {reason(error)}"
    return f"the weights of {source} are damaged: {lines[0]}" if lines else None


def import_trial(
    files: Files, root: Root, trial: int, source: Source, params: Mapping[str, Any], reserve: int
) -> Manifest:
    """Commit the weights of `source` as those of `trial`; return the trial's manifest.

    If the trial was imported before, nothing is done. `reserve`: bytes that copies must leave free
    on the store. Raises ImportFailedError; then the trial has no verdict.
    """
    origin = {
        "experiment": source.experiment,
        "root": str(source.root),
        "trial": source.trial,
        "params": dict(params),
    }
    draft = root.attempts / f"{trial}.import"
    try:
        standing = manifest.read(files, str(root.path), trial)
        if standing is not None:
            return _same(standing, origin)
        _discard(files, draft)  # of an import that was interrupted
        found = _verdict(files, source)
        verdict = replace(
            found,
            experiment=root.experiment,
            trial=trial,
            attempt=None,
            parents=(),
            seconds={},
            files=tuple(replace(entry, shared=None) for entry in found.files),
            imported=origin,
            reason=f"imported from {source}",
        )
        directories = _fill(files, draft, source, verdict, reserve)
        _compare(files, draft, source, verdict)
        return _same(commit.seal(files, str(root.path), str(draft), verdict, directories), origin)
    except ManifestError as error:
        raise ImportFailedError(f"{source} cannot be imported: {error}") from None
    except OSError as error:
        where = error.filename or root.path
        raise ImportFailedError(f"{source} cannot be imported: {where}: {reason(error)}") from None
    finally:
        _discard(files, draft)


def _discard(files: Files, draft: Path) -> None:
    """Remove the draft as far as possible, if it exists.

    It is renamed first: over NFS its cached name may lead to what was committed from it.
    """
    aside = draft.with_name(f"{draft.name}.removed")
    layout.remove(aside)
    with contextlib.suppress(OSError):
        files.rename(str(draft), str(aside))
        layout.remove(aside)


def _verdict(files: Files, source: Source) -> Manifest:
    """The manifest of a committed trial whose weights have not been removed."""
    try:
        found = manifest.read(files, str(source.root), source.trial)
    except ManifestError as error:
        raise ImportFailedError(f"{source} is damaged: {error}") from None
    if found is None:
        raise ImportFailedError(f"{source} has no verdict on the store, in {source.root}")
    if found.state != "succeeded" or not found.weights:
        left = "left no weights" if found.state == "succeeded" else found.state
        raise ImportFailedError(f"{source} {left}: name trials that succeeded and left weights")
    if files.stat(f"{source.root}/trials/{source.trial}/weights") is None:
        raise ImportFailedError(f"the weights of {source} were removed: name other trials")
    return found


def _fill(files: Files, draft: Path, source: Source, verdict: Manifest, reserve: int) -> list[str]:
    """Link or copy every file into the draft. Returns its directories, the outermost first."""
    weights = draft / "weights"
    directories = [weights]
    weights.mkdir(mode=0o770, parents=True)
    copies = False
    for entry in verdict.files:
        target = weights / entry.path
        missing = [path for path in target.parents if weights in path.parents and not path.exists()]
        for path in reversed(missing):
            path.mkdir(mode=0o770)
            directories.append(path)
        origin = f"{source.root}/trials/{source.trial}/weights/{entry.path}"
        if not copies:
            try:
                files.share(origin, str(target))
                continue
            except FileNotFoundError:
                raise
            except OSError:  # another file system, or another user's file
                copies = True
                _require_room(files, draft, source, verdict, reserve)
        shutil.copyfile(origin, target, follow_symlinks=False)
        target.chmod(_FILE_MODE)
    return [str(path) for path in directories]


def _require_room(
    files: Files, draft: Path, source: Source, verdict: Manifest, reserve: int
) -> None:
    free = files.room(str(draft))
    if free < verdict.size + reserve:
        raise ImportFailedError(
            f"{source} has to be copied, and the store lacks room: {free} bytes are free, and its "
            f"weights and store_reserve need {verdict.size + reserve}: import fewer trials"
        )


def _compare(files: Files, draft: Path, source: Source, verdict: Manifest) -> None:
    """Compare every byte with the manifest, and make the files durable."""
    paths = {f"{draft}/weights/{entry.path}": entry for entry in verdict.files}
    sizes = [(path, entry.size) for path, entry in paths.items()]
    found = measure(files, sizes, sync=True, idle=lambda: None)
    for path, entry in paths.items():
        if found[path] != (entry.size, entry.digest):
            size, digest = found[path]
            raise ImportFailedError(
                f"the weights of {source} are damaged: {entry.path}: expected {entry.size} bytes "
                f"with {entry.digest}, found {size} with {digest}: name other trials"
            )


def _same(standing: Manifest, origin: Mapping[str, Any]) -> Manifest:
    """The manifest, if it is that of the import."""
    known = standing.imported or {}
    if any(known.get(key) != origin[key] for key in ("experiment", "root", "trial")):
        raise ImportFailedError(
            f"trial {standing.trial} of {standing.experiment} has another verdict already: "
            f"{standing.state}"
        )
    return standing
