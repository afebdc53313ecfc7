"""List the files of a code directory that belong in its snapshot."""

from __future__ import annotations

import os
import re
import stat
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from pathspec import GitIgnoreSpec
from rich import filesize

from controller.errors import HeirloomError, reason
from controller.store.snapshots import links

IGNORE_FILE = ".heirloomignore"
ALWAYS_IGNORED = (".git", ".venv", "__pycache__", ".*_cache")
# What marks a Python environment (PEP 405; conda's documentation). It is used where it is.
_ENVIRONMENT_MARKS = {"pyvenv.cfg", "conda-meta"}
SIZE_LIMIT = 100 * 10**6  # bytes
COUNT_LIMIT = 20_000  # files; each costs a round trip or more on a network file system


class CodeError(HeirloomError):
    """The trial's code directory cannot be copied."""


@dataclass(frozen=True, slots=True, order=True)
class Entry:
    """A file, or a symbolic link (`target`), by its path relative to the code directory.

    The target of a link is absolute where it lies outside the code directory.
    """

    path: str
    size: int = 0
    executable: bool = False
    target: str | None = None


def entries(code_dir: Path, leave_out: Collection[Path] = ()) -> list[Entry]:
    """The files and links of a code directory, sorted by path, without empty directories.

    Excluded are what its `.heirloomignore` names, ALWAYS_IGNORED anywhere, Python environments, and
    the directories in `leave_out` (the store may be inside the code directory). Raises CodeError
    when a file cannot be copied, or there are too many.
    """
    if not code_dir.is_dir():
        raise CodeError(
            f"the trial's code directory {code_dir} does not exist or is not a directory"
        )
    places = {_identity(path.stat()) for path in leave_out if path.exists()}
    spec = _ignored(code_dir / IGNORE_FILE)
    found: list[Entry] = []
    for entry in _walk(code_dir, "", spec.match_file, places):
        found.append(entry)
        if len(found) > COUNT_LIMIT:
            _refuse(code_dir, f"has more than {COUNT_LIMIT:,} files", _fullest(found))
    total = sum(entry.size for entry in found)
    if total > SIZE_LIMIT:
        what = f"has {filesize.decimal(total)}, over the limit of {filesize.decimal(SIZE_LIMIT)}"
        _refuse(code_dir, what, _largest(found))
    return sorted(found)


def _ignored(file: Path) -> GitIgnoreSpec:
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        lines = []
    except OSError as error:
        raise CodeError(f"cannot read {file}: {reason(error)}") from None
    except UnicodeDecodeError:
        raise CodeError(f"{file} is not text in UTF-8") from None
    for number, line in enumerate(lines, 1):
        try:
            GitIgnoreSpec.from_lines([line])
        except (ValueError, re.error):
            raise CodeError(
                f"{file}, line {number}: {line!r} is not a pattern of .gitignore"
            ) from None
    return GitIgnoreSpec.from_lines([*lines, *ALWAYS_IGNORED])


def _walk(
    top: Path, below: str, ignored: Callable[[str], bool], places: Collection[tuple[int, int]]
) -> Iterator[Entry]:
    """Entries of the directory `below` (empty, or ending in `/`) and of those within it."""
    try:
        with os.scandir(top / below) as scan:
            members = sorted(scan, key=lambda member: member.name)
            found = [(member.name, member.stat(follow_symlinks=False)) for member in members]
    except OSError as error:
        raise CodeError(
            f"cannot read {top / below}: {reason(error)}: make it readable, or name it in "
            f"{IGNORE_FILE}"
        ) from None
    if below and not _ENVIRONMENT_MARKS.isdisjoint(name for name, _ in found):
        return
    for name, info in found:
        path = below + name
        if stat.S_ISDIR(info.st_mode):
            if not ignored(path + "/") and _identity(info) not in places:
                yield from _walk(top, path + "/", ignored, places)
        elif not ignored(path):
            yield _entry(top, path, info)


def _entry(top: Path, path: str, info: os.stat_result) -> Entry:
    if stat.S_ISLNK(info.st_mode):
        try:
            link = links.resolve(top, path)
        except OSError as error:
            raise CodeError(f"cannot read the link {top / path}: {reason(error)}") from None
        if link.file is None:
            return Entry(path, target=link.target)
        info = link.file
    if not stat.S_ISREG(info.st_mode):
        raise CodeError(
            f"{top / path} is neither a file, a directory nor a link, so it cannot be copied: "
            f"remove it, or name it in {IGNORE_FILE}"
        )
    if not os.access(top / path, os.R_OK):
        raise CodeError(f"cannot read {top / path}: make it readable, or name it in {IGNORE_FILE}")
    return Entry(path, info.st_size, bool(info.st_mode & stat.S_IXUSR))


def _refuse(code_dir: Path, what: str, which: str) -> None:
    raise CodeError(
        f"the trial's code directory {code_dir} {what} ({which}): name what the trials do not "
        f"need in {code_dir / IGNORE_FILE}, in .gitignore's form; data can be elsewhere, with a "
        "link to its directory here"
    )


def _largest(found: Collection[Entry]) -> str:
    """The three largest files, and the three largest directories at the top."""
    files = sorted(found, key=lambda entry: -entry.size)[:3]
    named = [f"{entry.path} {filesize.decimal(entry.size)}" for entry in files]
    sums: Counter[str] = Counter()
    for entry in found:
        if "/" in entry.path:
            sums[entry.path.split("/")[0] + "/"] += entry.size
    named += [f"{name} {filesize.decimal(size)}" for name, size in sums.most_common(3)]
    return "largest: " + ", ".join(named)


def _fullest(found: Collection[Entry]) -> str:
    """The three directories at the top with the most files."""
    counts = Counter(entry.path.split("/")[0] + "/" for entry in found if "/" in entry.path)
    return "most in: " + (", ".join(name for name, _ in counts.most_common(3)) or "itself")


def _identity(info: os.stat_result) -> tuple[int, int]:
    return info.st_dev, info.st_ino
