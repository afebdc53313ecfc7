"""Remarks on data that trials do not find, because a snapshot has only the code directory."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath

from controller.store.snapshots.links import is_within
from controller.store.snapshots.listing import IGNORE_FILE, Entry

_SOURCES = (".py", ".sh", ".yml", ".yaml", ".json", ".toml", ".ini", ".cfg")
_SOURCE_LIMIT = 10**6  # bytes of one source file
_FILES_LIMIT = 1000  # source files that are searched
_MOST = 5  # of one kind that a remark lists
_UPWARD = re.compile(r"""(?<![\w./])(?:[\w.-]+/)*\.\./[^\s'"`;|&<>(){}$,]*""")  # ../data/x
_JOINED = re.compile(
    r"""["']\.\.["']\)?\s*[,/]\s*["']([^"']+)["']"""
)  # ("..", "data"), ".." / "data"


def on_links(code_dir: Path, found: Collection[Entry], *, is_local: bool) -> Iterator[str]:
    """Remarks on links. `is_local`: trials run on this machine alone."""
    there: list[str] = []
    gone: list[str] = []
    cut: list[str] = []
    for entry in found:
        if entry.target is None:
            continue
        exists, line = _exists(code_dir / entry.path), f"{entry.path} -> {entry.target}"
        if entry.target.startswith("/"):
            (there if exists else gone).append(line)
        elif exists and _is_cut(entry, found):
            cut.append(line)
    if there:
        also = "" if is_local else "; every node must have it at the same path"
        yield (
            f"{some(there)}: a link out of the code directory, which the snapshot keeps as a link: "
            f"trials see what is there when they run{also}"
        )
    if gone:
        what = "trials cannot read it" if is_local else "every node must have it"
        yield f"{some(gone)}: a link to what does not exist on this machine: {what}"
    if cut:
        yield f"{some(cut)}: a link to what {IGNORE_FILE} leaves out, so trials do not find it"


def on_words(code_dir: Path, words: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Remarks on relative paths that lead out of the code directory.

    `words` are texts of the experiment file, each after the key that holds it.
    """
    yield from (_remark(path, keys) for path, keys in _in_words(code_dir, words).items())


def on_left_out(
    code_dir: Path, found: Collection[Entry], words: Iterable[tuple[str, str]]
) -> Iterator[str]:
    """Remarks on paths in `words` that the code directory has and its snapshot lacks."""
    for path, keys in _by_path(
        (key, os.path.normpath(text.rpartition("=")[2].strip("'\""))) for key, text in words if text
    ).items():
        if path == "." or path.startswith(("/", "..")) or "\0" in path:
            continue
        if _exists(code_dir / path) and not any(is_within(e.path, path) for e in found):
            yield (
                f"{path} (in {some(keys)}) is in the code directory and not in the snapshot that "
                f"trials see: it is an empty directory, or {IGNORE_FILE} leaves it out"
            )


def on_sources(
    code_dir: Path, found: Iterable[Entry], words: Iterable[tuple[str, str]]
) -> Iterator[str]:
    """The same on paths in the source files of a snapshot, where these exist on this machine.

    Paths in `words` are left out.
    """
    places: dict[str, list[str]] = {}
    sources = [each for each in found if each.target is None and each.path.endswith(_SOURCES)]
    for entry in sources[:_FILES_LIMIT]:
        if entry.size <= _SOURCE_LIMIT:
            for line, path in _paths_in(code_dir, entry):
                places.setdefault(path, []).append(f"{entry.path}:{line}")
    named = _in_words(code_dir, words)
    yield from (_remark(path, where) for path, where in places.items() if path not in named)


def words(command: str | Sequence[str], values: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """The texts of an experiment file that may be paths, each after the key that holds it."""
    for word in command.split() if isinstance(command, str) else command:
        yield "trial.command", word
    for key, value in values.items():
        yield from ((key, text) for text in _texts(value))


def some(items: Sequence[str]) -> str:
    """The first few of a list, as text."""
    more = len(items) - _MOST
    return ", ".join(items[:_MOST]) + (f" and {more} more" if more > 0 else "")


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, Sequence):
        for inner in value:
            yield from _texts(inner)


def _in_words(code_dir: Path, words: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """The paths that lead out of the code directory, each with the keys that name it."""
    return _by_path(
        (key, path) for key, text in words for path in _paths_outside(code_dir, code_dir, text)
    )


def _by_path(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """Each path with its keys, once each. `pairs` are of a key and a path."""
    found: dict[str, list[str]] = {}
    for key, path in pairs:
        if key not in found.setdefault(path, []):
            found[path].append(key)
    return found


def _remark(path: str, where: Sequence[str]) -> str:
    return (
        f"{path} (in {some(where)}) lies outside of the code directory. Trials run in a copy of "
        "that directory and do not see it: give an absolute path, or make a link to it in the code "
        "directory and use the link"
    )


def _paths_in(code_dir: Path, entry: Entry) -> Iterator[tuple[int, str]]:
    """Paths in a source file that lead out of the code directory, each after its line's number."""
    file = code_dir / entry.path
    try:
        lines = file.read_text(errors="replace").splitlines()
    except OSError:
        return
    for number, line in enumerate(lines, 1):
        if ".." in line and not line.lstrip().startswith("#"):
            for path in _paths_outside(code_dir, file.parent, line):
                if _exists(code_dir / path):
                    yield number, path


def _paths_outside(code_dir: Path, also: Path, text: str) -> Iterator[str]:
    """Relative paths in a text that lead out of the code directory, from there and from `also`."""
    top = os.path.realpath(code_dir)
    found = [*_UPWARD.findall(text), *(f"../{name}" for name in _JOINED.findall(text))]
    for path in [".."] if text.strip() == ".." else found:
        starts = (top, os.path.realpath(also))
        if not any(is_within(os.path.normpath(f"{start}/{path}"), top) for start in starts):
            yield path


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # this user may not look, or the text is longer than a path can be
        return False


def _is_cut(entry: Entry, found: Iterable[Entry]) -> bool:
    """Whether a link inside the code directory leads to something that is not in the snapshot."""
    to = os.path.normpath(PurePosixPath(entry.path).parent / str(entry.target))
    return to != "." and not any(is_within(each.path, to) for each in found)
