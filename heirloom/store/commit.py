"""The commit, and every other verdict: one rename onto `trials/N`, and the truth about it after.

A directory is prepared whole and durable, then renamed. A rename onto a verdict that stands there
fails, since that holds a manifest; a rename over NFS may fail and have happened all the same. So
after any error the manifest that stands there decides.
"""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Callable
from dataclasses import replace
from itertools import count

from . import manifest
from .dedup import share
from .digests import measure
from .files import Files
from .manifest import Entry, Manifest

COUNT_LIMIT = 100_000  # files in a save path
_PATH_LIMIT = 4000  # bytes of one's path; the kernel takes 4095, and readers may add to it
_FILE_MODE = 0o440
_DIRECTORY_MODE = 0o550
_OPEN_MODE = 0o770  # of a directory that is to be looked into, whatever mode the trial gave it


_TAKEN = (errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR)  # by something that the trial put there


class CommitError(Exception):
    """The save path holds what cannot be committed; the message says what, and what to do."""


class Recalled(Exception):  # noqa: N818 - no error: somebody meant it
    """The attempt's `out` was renamed away: it may not commit any more."""


def commit(
    files: Files, root: str, out: str, verdict: Manifest, idle: Callable[[], None]
) -> Manifest:
    """Make `out/weights` the trial's weights, and `verdict` its verdict; the manifest that stands.

    That is another one when somebody else came first. Everything of the attempt must have ended.
    What a parent committed is not stored again. `idle` is called about once a second. Raises
    CommitError, Recalled, ManifestError or OSError.
    """
    entries, directories = _gather(files, out, idle)
    entries = share(files, root, out, entries, verdict.parents, idle)
    verdict = replace(verdict, weights=True, files=tuple(entries))
    _write_manifest(files, out, verdict)
    for directory in reversed(directories):
        files.chmod(directory, _DIRECTORY_MODE)
        files.sync_dir(directory)
    files.sync_dir(out)  # stays writable: moving a directory changes what `..` in it means
    return _appear(files, root, out, verdict)


def pass_verdict(files: Files, root: str, verdict: Manifest) -> Manifest:
    """Pass a verdict without weights; the manifest that stands afterwards, maybe another.

    Raises ManifestError when what stands there is damaged, OSError when nothing could be done.
    """
    place = f"{root}/attempts/{verdict.attempt or verdict.trial}.verdict"
    with contextlib.suppress(FileExistsError):  # left by one that was interrupted
        files.make_dir(place)
    with contextlib.suppress(FileNotFoundError):
        files.remove(f"{place}/manifest.json")
    _write_manifest(files, place, verdict)
    files.sync_dir(place)
    standing = _appear(files, root, place, verdict)
    with contextlib.suppress(OSError):
        files.remove(f"{place}/manifest.json")
        files.remove_dir(place)
    return standing


def fence(files: Files, out: str, how: str) -> None:
    """Rename an attempt's `out` away, for good: nobody can commit it any more.

    Raises OSError, except when it is away already.
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


def _appear(files: Files, root: str, source: str, verdict: Manifest) -> Manifest:
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
        files.sync_dir(trials)  # before that is durable, nobody may be told of it
    if standing.attempt == verdict.attempt:
        with contextlib.suppress(OSError):
            files.chmod(f"{trials}/{verdict.trial}", _DIRECTORY_MODE)
    return standing


def _gather(files: Files, out: str, idle: Callable[[], None]) -> tuple[list[Entry], list[str]]:
    """The files below `out/weights`, durable and read-only, and the directories, outer first."""
    above = files.stat(out)
    if above is None:
        raise Recalled(out)
    weights = f"{out}/weights"
    names = files.names(out, 2) if above.kind == "directory" else []
    other = next((name for name in names if name != "weights"), None)
    if other is not None:
        raise CommitError(f"{other!r} lies beside the save path: write into the save path only")
    if not names:
        raise CommitError("the save path is gone: write into it, and leave it where it is")
    try:
        sizes, directories = _walk(files, weights)
        for path, _ in sizes:
            files.chmod(path, _FILE_MODE)
    except PermissionError as error:
        named = _named(weights, str(error.filename))
        raise CommitError(f"{named!r} is not its own: have the trial itself write it") from None
    found = measure(files, sizes, sync=True, idle=idle)
    start = len(weights) + 1
    return [Entry(path[start:], *found[path]) for path in sorted(found)], directories


def _walk(files: Files, weights: str) -> tuple[list[tuple[str, int]], list[str]]:
    """Files with their sizes, and directories. Raises CommitError for anything else."""
    sizes: list[tuple[str, int]] = []
    directories: list[str] = []
    pending = [weights]
    while pending:
        path = pending.pop()
        named = _named(weights, path)
        if not manifest.sound_path(named):
            raise CommitError(f"{named!r} has a name that is not one line of UTF-8: rename it")
        if len(path.encode()) > _PATH_LIMIT:
            raise CommitError(
                f"{named[:60]}… has a path of more than {_PATH_LIMIT:,} bytes: nest it less"
            )
        found = files.stat(path)
        if found is None:
            raise CommitError(f"{named} vanished while it was committed")
        if found.kind == "directory":
            directories.append(path)
            files.chmod(path, _OPEN_MODE)
            room = COUNT_LIMIT + 1 - len(sizes) - len(directories) - len(pending)
            pending += [f"{path}/{name}" for name in files.names(path, max(1, room))]
        elif path == weights:
            raise CommitError("the save path is no directory any more: leave it one")
        elif found.kind != "file":
            what = "a symbolic link" if found.kind == "link" else "no regular file"
            raise CommitError(f"{named} is {what}: put a file in its place")
        elif found.links > 1:
            raise CommitError(f"{named} has another name too (a hard link): put a copy there")
        else:
            sizes.append((path, found.size))
        if len(sizes) + len(directories) + len(pending) > COUNT_LIMIT:
            raise CommitError(
                f"more than {COUNT_LIMIT:,} files in the save path: pack them into fewer"
            )
    return sizes, directories


def _named(weights: str, path: str) -> str:
    """A path as people are told of it, from `weights` on."""
    return path[len(weights) - len("weights") :]


def _write_manifest(files: Files, directory: str, verdict: Manifest) -> None:
    path = f"{directory}/manifest.json"
    data = verdict.to_json()
    if len(data) > manifest.SIZE_LIMIT:  # nobody would read it
        raise CommitError(
            f"the names of its files take more than {manifest.SIZE_LIMIT >> 20} MiB: shorten them, "
            "or pack the files into fewer"
        )
    files.write(path, data)
    files.chmod(path, _FILE_MODE)
