"""Names of tensors, and of the files that hold them."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable, Sequence
from urllib.parse import quote

_WRAPPERS = frozenset({"_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module"})
_LONGEST = 100  # characters of an escaped name in a file name


def without_wrappers(names: Iterable[str]) -> dict[str, str]:
    """The names that tensors have in the model itself, by the names given.

    torch.compile puts `_orig_mod.` into names, FSDP and activation checkpointing theirs, and
    DataParallel puts `module.` before all of them.
    """
    plain = {
        name: ".".join(part for part in name.split(".") if part not in _WRAPPERS) for name in names
    }
    while plain and all(name.startswith("module.") for name in plain.values()):
        plain = {name: found[len("module.") :] for name, found in plain.items()}
    return plain


def group(names: Sequence[str], limit: int) -> dict[str, list[str]]:
    """Split tensor names into at most `limit` groups, at the first level with several children.

    A group's key is the name of that child. Where there are more children than `limit`, a child's
    group depends on its name alone, so that adding one leaves the others where they are.
    """
    paths = {name: name.split(".") for name in names}
    level = 0
    while len({tuple(path[: level + 1]) for path in paths.values()}) == 1 and all(
        len(path) > level + 2 for path in paths.values()
    ):
        level += 1
    children: dict[str, list[str]] = {}
    for name, path in paths.items():
        children.setdefault(path[level] if len(path) > level + 1 else "", []).append(name)
    if len(children) <= limit:
        return children
    merged: dict[str, list[str]] = {}
    for child, found in children.items():
        merged.setdefault(str(zlib.crc32(child.encode()) % limit), []).extend(found)
    return merged


def escape(name: str) -> str:
    """A file name's part that stands for `name` alone: no separator, no dot, at most 100 long."""
    escaped = quote(name, safe="").replace(".", "%2E")
    if len(escaped) <= _LONGEST:
        return escaped
    return f"{escaped[: _LONGEST - 17]}-{hashlib.sha256(name.encode()).hexdigest()[:16]}"
