"""Remarks on files of a code directory that hide modules from trials.

Python looks for a module in the directory of the script first, then in PYTHONPATH, then among its
own (https://docs.python.org/3/library/sys_path_init.html).
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path, PurePosixPath

import heirloom
from controller.store.snapshots.listing import Entry
from controller.store.snapshots.outside import some

_OURS = ("heirloom", "nni")
# Modules that Python has imported before it looks beside the script, or that no library imports.
_SAFE = frozenset(sys.builtin_module_names) | {
    "abc",
    "codecs",
    "encodings",
    "genericpath",
    "io",
    "os",
    "posixpath",
    "site",
    "stat",
    "antigravity",
    "code",
    "idlelib",
    "test",
    "this",
    "turtle",
    "turtledemo",
}


def on_names(
    code_dir: Path, found: Collection[Entry], command: str | Sequence[str]
) -> Iterator[str]:
    """Remarks on files beside the scripts of a command, or at the top of the code directory."""
    words = command.split() if isinstance(command, str) else command
    scripts = [PurePosixPath(word) for word in words if word.endswith(".py")]
    directories = {PurePosixPath(), *(script.parent for script in scripts)}
    modules = {
        entry.path: name for entry in found for top in directories if (name := _module(entry, top))
    }
    for path, name in modules.items():
        if name in _OURS and not _is_own(code_dir / path):
            yield (
                f"{path} in the code directory hides Heirloom's module {name}: a trial that "
                f"imports {name} gets this file, and cannot report: rename it"
            )
    hiding = [path for path, name in modules.items() if name in sys.stdlib_module_names - _SAFE]
    if hiding:
        yield (
            f"in the code directory, names of Python's own modules: {some(hiding)}; trials import "
            "these files instead of the modules: rename them"
        )


def _module(entry: Entry, directory: PurePosixPath) -> str | None:
    """The module that a file is for a script in `directory`; None if it is none."""
    path = PurePosixPath(entry.path)
    if path.name == "__init__.py" and path.parent.parent == directory != path.parent:
        return path.parent.name
    return path.stem if path.suffix == ".py" and path.parent == directory else None


def _is_own(path: Path) -> bool:
    """Whether this is Heirloom's package itself: the code directory may be its repository."""
    return path.resolve().is_relative_to(Path(heirloom.__path__[0]).resolve())
