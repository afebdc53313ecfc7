"""Whatever may stand where a reader expects a file."""

import os
import stat
from pathlib import Path

from hypothesis import strategies as st

HUGE = 1 << 40  # bytes, none of them written
KINDS = ["bytes", "huge", "directory", "full directory", "link", "link to itself", "fifo", "socket"]


def names() -> st.SearchStrategy[str]:
    """Names that a file system takes: no more than 255 bytes of anything but / and NUL."""
    anything = st.binary(min_size=1, max_size=255) | st.text(min_size=1, max_size=60).map(
        lambda text: text.encode("utf-8", "surrogatepass")
    )
    return anything.filter(
        lambda name: not {b"/"[0], 0} & set(name) and name not in (b".", b"..")
    ).map(os.fsdecode)


def things(content: st.SearchStrategy[bytes]) -> st.SearchStrategy[tuple[str, bytes]]:
    """What to `put` somewhere, and its bytes if it has any: more often than not it is a file."""
    return st.tuples(st.just("bytes"), content) | st.tuples(st.sampled_from(KINDS), content)


def put(path: Path, thing: tuple[str, bytes]) -> None:
    """Make it."""
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
