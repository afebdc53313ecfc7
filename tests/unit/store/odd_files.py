"""Kinds of files that may exist where a reader expects a regular file."""

import os
import stat
from pathlib import Path

from hypothesis import strategies as st

HUGE = 1 << 40  # bytes of a sparse file
KINDS = ["bytes", "huge", "directory", "full directory", "link", "link to itself", "fifo", "socket"]


def names() -> st.SearchStrategy[str]:
    """Names that a file system accepts: at most 255 bytes, without / and NUL."""
    anything = st.binary(min_size=1, max_size=255) | st.text(min_size=1, max_size=60).map(
        lambda text: text.encode("utf-8", "surrogatepass")
    )
    return anything.filter(
        lambda name: not {b"/"[0], 0} & set(name) and name not in (b".", b"..")
    ).map(os.fsdecode)


def things(content: st.SearchStrategy[bytes]) -> st.SearchStrategy[tuple[str, bytes]]:
    """What to `put` at a path: its kind, most often a file, and its bytes."""
    return st.tuples(st.just("bytes"), content) | st.tuples(st.sampled_from(KINDS), content)


def put(path: Path, thing: tuple[str, bytes]) -> None:
    """Create it."""
    kind, content = thing
    match kind:
        case "bytes":
            path.write_bytes(content)
        case "huge":
            path.write_bytes(content)
            os.truncate(path, HUGE)
        case "directory":
            path.mkdir()
        case "full directory":
            path.mkdir()
            (path / "more").write_bytes(content)
        case "link":
            path.symlink_to("/etc/passwd")
        case "link to itself":
            path.symlink_to(path)
        case "fifo":
            os.mkfifo(path)
        case "socket":
            os.mknod(path, stat.S_IFSOCK | 0o600)  # bind(2) takes short paths only
