"""Commit a trial's weights, or pass a verdict without weights: one rename onto `trials/N`.

A directory is prepared and fsynced, then renamed. The rename fails if a verdict exists, because a
directory with a manifest is not empty (rename(2)). Over NFS a rename may succeed and still return
an error. So after any error the manifest in `trials/N` decides.
"""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import count

from .. import manifest
from ..digests import measure
from ..files import Files
from ..manifest import Entry, Manifest
from .dedup import share_with_parents

COUNT_LIMIT = 100_000  # files in a save path
_PATH_LIMIT = 4000  # bytes of a path; Linux allows 4095, and readers may append to it
_FILE_MODE = 0o440
_DIRECTORY_MODE = 0o550
_OPEN_MODE = 0o770  # makes a directory readable, whatever mode the trial gave it
_TAKEN = (errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR)  # the name belongs to a file of the trial


class CommitError(Exception):
    """The save path contains what cannot be committed; the message says what, and what to do."""


class Recalled(Exception):  # noqa: N818 - not an error: the controller recalls attempts
    """The attempt's `out` was renamed: it cannot commit any more."""


def commit(
    files: Files, root: str, out: str, verdict: Manifest, idle: Callable[[], None]
) -> Manifest:
    """Make `out/weights` the trial's weights and `verdict` its verdict.

    Returns the trial's manifest, which is another attempt's or the controller's if that was faster.
    All processes of the attempt must have ended. Bytes that a parent has committed are not stored
    again. `idle` is called about once a second. Raises CommitError, Recalled, ManifestError or
    OSError.
    """
    entries, directories = _gather(files, out, idle)
    entries = share_with_parents(files, root, out, entries, verdict.parents, idle)
    verdict = replace(verdict, weights=True, files=tuple(entries))
    return seal(files, root, out, verdict, directories)


def seal(
    files: Files, root: str, out: str, verdict: Manifest, directories: Sequence[str]
) -> Manifest:
    """Write the manifest, make the directories of the weights read-only, and publish `out`.

    The files are durable and read-only already. `directories` are listed from the outermost on.
    Returns the trial's manifest. Raises CommitError, Recalled, ManifestError or OSError.
    """
    _write_manifest(files, out, verdict)
    for directory in reversed(directories):
        files.chmod(directory, _DIRECTORY_MODE)
        files.sync_dir(directory)
    files.sync_dir(out)  # stays writable: the rename changes its `..` entry
    return _publish(files, root, out, verdict)


def pass_verdict(files: Files, root: str, verdict: Manifest) -> Manifest:
    """Give a trial a verdict without weights.

    Returns the trial's manifest, which is another one if a verdict existed already. Raises
    ManifestError when that one is damaged, and OSError when the verdict could not be passed.
    """
    directory = f"{root}/attempts/{verdict.attempt or verdict.trial}.verdict"
    with contextlib.suppress(FileExistsError):  # left by an interrupted call
        files.make_dir(directory)
    with contextlib.suppress(FileNotFoundError):
        files.remove(f"{directory}/manifest.json")
    _write_manifest(files, directory, verdict)
    files.sync_dir(directory)
    standing = _publish(files, root, directory, verdict)
    if standing != verdict:
        # Over NFS the old name of a published directory may still lead to it for a moment.
        with contextlib.suppress(OSError):
            files.remove(f"{directory}/manifest.json")
            files.remove_dir(directory)
    return standing


def fence(files: Files, out: str, how: str) -> None:
    """Rename an attempt's `out` to `out.HOW`, so that it can never be committed.

    Does nothing if `out` does not exist. Raises OSError.
    """
    for number in count():
        aside = f"{out}.{how}.{number}" if number else f"{out}.{how}"
        try:
            files.rename(out, aside)
        except FileNotFoundError:
            return
        except OSError as error:
            if error.errno not in _TAKEN or files.stat(aside) is None:
                raise
        else:
            return


def _publish(files: Files, root: str, source: str, verdict: Manifest) -> Manifest:
    """Rename `source` to `trials/N`, and return the manifest that is there afterwards."""
    trials = f"{root}/trials"
    try:
        files.rename(source, f"{trials}/{verdict.trial}")
        standing = verdict
        files.sync_dir(trials)
    except OSError as error:
        found = manifest.read(files, root, verdict.trial)
        if found is None:
            if isinstance(error, FileNotFoundError):
                raise Recalled(source) from None
            raise
        standing = found
        files.sync_dir(trials)  # a verdict must be durable before it is reported
    if standing.attempt == verdict.attempt:
        with contextlib.suppress(OSError):
            files.chmod(f"{trials}/{verdict.trial}", _DIRECTORY_MODE)
    return standing


def _gather(files: Files, out: str, idle: Callable[[], None]) -> tuple[list[Entry], list[str]]:
    """Make the files in `out/weights` durable and read-only.

    Returns their entries, and the directories, the outermost first.
    """
    above = files.stat(out)
    if above is None:
        raise Recalled(out)
    weights = f"{out}/weights"
    names = files.names(out, 2) if above.kind == "directory" else []
    other = next((name for name in names if name != "weights"), None)
    if other is not None:
        raise CommitError(f"{other!r} is beside the save path: write into the save path only")
    if not names:
        raise CommitError("the save path does not exist: write into it, but do not move it")
    try:
        sizes, directories = _walk(files, weights)
        for path, _ in sizes:
            files.chmod(path, _FILE_MODE)
    except PermissionError as error:
        named = _named(weights, str(error.filename))
        reason = f"{named!r} belongs to another user: let the trial write it itself"
        raise CommitError(reason) from None
    found = measure(files, sizes, sync=True, idle=idle)
    start = len(weights) + 1
    return [Entry(path[start:], *found[path]) for path in sorted(found)], directories


def _walk(files: Files, weights: str) -> tuple[list[tuple[str, int]], list[str]]:
    """The files with their sizes, and the directories. Raises CommitError for anything else."""
    sizes: list[tuple[str, int]] = []
    directories: list[str] = []
    pending = [weights]
    while pending:
        path = pending.pop()
        named = _named(weights, path)
        if not manifest.valid_path(named):
            raise CommitError(f"{named!r} has a name that is not one line of UTF-8: rename it")
        if len(path.encode()) > _PATH_LIMIT:
            raise CommitError(
                f"{named[:60]}… has a path of more than {_PATH_LIMIT:,} bytes: shorten it"
            )
        found = files.stat(path)
        if found is None:
            raise CommitError(f"{named} disappeared during the commit")
        if found.kind == "directory":
            directories.append(path)
            files.chmod(path, _OPEN_MODE)
            room = COUNT_LIMIT + 1 - len(sizes) - len(directories) - len(pending)
            pending += [f"{path}/{name}" for name in files.names(path, max(1, room))]
        elif path == weights:
            raise CommitError("the save path is not a directory any more: keep it one")
        elif found.kind != "file":
            what = "a symbolic link" if found.kind == "link" else "not a regular file"
            raise CommitError(f"{named} is {what}: replace it by a file")
        elif found.links > 1:
            raise CommitError(f"{named} has more than one hard link: replace it by a copy")
        else:
            sizes.append((path, found.size))
        if len(sizes) + len(directories) + len(pending) > COUNT_LIMIT:
            raise CommitError(
                f"more than {COUNT_LIMIT:,} files in the save path: pack them into fewer"
            )
    return sizes, directories


def _named(weights: str, path: str) -> str:
    """A path for messages, from `weights` on."""
    return path[len(weights) - len("weights") :]


def _write_manifest(files: Files, directory: str, verdict: Manifest) -> None:
    path = f"{directory}/manifest.json"
    data = verdict.to_json()
    if len(data) > manifest.SIZE_LIMIT:  # readers would refuse it
        raise CommitError(
            f"the names of its files take more than {manifest.SIZE_LIMIT >> 20} MiB: shorten them, "
            "or pack the files into fewer"
        )
    files.write(path, data)
    files.chmod(path, _FILE_MODE)
