"""A trial's view of the store: read-only, but for the directory of its own attempt.

Made in a mount namespace (mount_namespaces(7)) between fork and exec. Who has no privileges makes a
user namespace first (user_namespaces(7)), in which they stay who they are.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Sequence

_LIBC = ctypes.CDLL(None, use_errno=True)
_CLONE_NEWNS = 0x00020000  # unshare(2)
_CLONE_NEWUSER = 0x10000000
_MS_RDONLY, _MS_REMOUNT, _MS_BIND, _MS_REC, _MS_SLAVE = 1, 32, 4096, 16384, 1 << 19  # mount(2)
# What a mount has, its remount must repeat: statvfs(3)'s flags, and mount(2)'s.
_KEPT = {
    os.ST_NOSUID: 2,
    os.ST_NODEV: 4,
    os.ST_NOEXEC: 8,
    os.ST_NOATIME: 1024,
    os.ST_NODIRATIME: 2048,
    os.ST_RELATIME: 1 << 21,
}


def narrow(store: str, own: str, writable: Sequence[str] = (), root: str = "") -> None:
    """Make `store` read-only for this process and its descendants, but not `own` beneath it.

    What of `writable` lies beneath it stays as it is too, except for an experiment's `root` in it.
    Raises OSError where the kernel does not let us; then everything is as writable as before.
    """
    outside = os.path.realpath(store) + "/"
    further = [path for path in map(os.path.realpath, writable) if path.startswith(outside)]
    narrowed = [store, root] if further and root else [store]
    if os.geteuid() == 0:
        _call(_LIBC.unshare, _CLONE_NEWNS)
    else:
        _become_ourselves()
    _call(_LIBC.mount, b"none", b"/", None, _MS_REC | _MS_SLAVE, None)
    for path in (store, *further, *narrowed[1:], own):
        _bind(path)
    for path in narrowed:
        _make_read_only(path)


def missing() -> str:
    """Why trials on this node have no such view; empty when they do."""
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            narrow("/usr", "/usr/bin")
            code = 0 if os.statvfs("/usr").f_flag & os.ST_RDONLY else 1
        except OSError as error:
            code = error.errno or 1
        finally:
            os._exit(code)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if code == 0:
        return ""
    return f"the kernel lets no trial have a mount namespace: {os.strerror(code)}"


def _become_ourselves() -> None:
    uid, gid = os.geteuid(), os.getegid()
    _call(_LIBC.unshare, _CLONE_NEWUSER | _CLONE_NEWNS)
    for name, said in (
        ("setgroups", "deny"),
        ("uid_map", f"{uid} {uid} 1"),
        ("gid_map", f"{gid} {gid} 1"),
    ):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(said)


def _bind(path: str) -> None:
    name = os.fsencode(path)
    _call(_LIBC.mount, name, name, None, _MS_BIND | _MS_REC, None)


def _make_read_only(path: str) -> None:
    shown = os.statvfs(path).f_flag
    flags = sum(flag for kept, flag in _KEPT.items() if shown & kept)
    flags |= _MS_REMOUNT | _MS_BIND | _MS_RDONLY
    _call(_LIBC.mount, b"none", os.fsencode(path), None, flags, None)


def _call(function: ctypes._NamedFuncPointer, *arguments: object) -> None:
    if function(*arguments) != 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
