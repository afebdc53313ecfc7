"""The sandbox of a trial: the store is read-only, except for the attempt's own directory.

It is a mount namespace (mount_namespaces(7)), entered between fork and exec. A process without
privileges creates a user namespace as well (user_namespaces(7)), and keeps its user id there.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Sequence

_LIBC = ctypes.CDLL(None, use_errno=True)
_CLONE_NEWNS = 0x00020000  # unshare(2)
_CLONE_NEWUSER = 0x10000000
_MS_RDONLY, _MS_REMOUNT, _MS_BIND, _MS_REC, _MS_SLAVE = 1, 32, 4096, 16384, 1 << 19  # mount(2)
# A remount must repeat the flags of the mount: those of statvfs(3), and the same of mount(2).
_KEPT = {
    os.ST_NOSUID: 2,
    os.ST_NODEV: 4,
    os.ST_NOEXEC: 8,
    os.ST_NOATIME: 1024,
    os.ST_NODIRATIME: 2048,
    os.ST_RELATIME: 1 << 21,
}


def enter(store: str, own: str, writable: Sequence[str] = (), root: str = "") -> None:
    """Make `store` read-only for this process and its descendants, except for `own` in it.

    The directories of `writable` in the store stay writable, but the experiment's `root` inside
    them does not. Raises OSError where the kernel refuses; then nothing becomes read-only.
    """
    prefix = os.path.realpath(store) + "/"
    exceptions = [path for path in map(os.path.realpath, writable) if path.startswith(prefix)]
    read_only = [store, root] if exceptions and root else [store]
    if os.geteuid() == 0:
        _call(_LIBC.unshare, _CLONE_NEWNS)
    else:
        _unshare_user_namespace()
    _call(_LIBC.mount, b"none", b"/", None, _MS_REC | _MS_SLAVE, None)
    for path in (store, *exceptions, *read_only[1:], own):
        _bind(path)
    for path in read_only:
        _make_read_only(path)


def unavailable_reason() -> str:
    """Why trials on this node get no sandbox; empty when they get one."""
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            enter("/usr", "/usr/bin")
            code = 0 if os.statvfs("/usr").f_flag & os.ST_RDONLY else 1
        except OSError as error:
            code = error.errno or 1
        finally:
            os._exit(code)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if code == 0:
        return ""
    return f"the kernel allows no mount namespaces for trials: {os.strerror(code)}"


def _unshare_user_namespace() -> None:
    uid, gid = os.geteuid(), os.getegid()
    _call(_LIBC.unshare, _CLONE_NEWUSER | _CLONE_NEWNS)
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{uid} {uid} 1"),
        ("gid_map", f"{gid} {gid} 1"),
    ):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(text)


def _bind(path: str) -> None:
    name = os.fsencode(path)
    _call(_LIBC.mount, name, name, None, _MS_BIND | _MS_REC, None)


def _make_read_only(path: str) -> None:
    current = os.statvfs(path).f_flag
    flags = sum(flag for kept, flag in _KEPT.items() if current & kept)
    flags |= _MS_REMOUNT | _MS_BIND | _MS_RDONLY
    _call(_LIBC.mount, b"none", os.fsencode(path), None, flags, None)


def _call(function: ctypes._NamedFuncPointer, *arguments: object) -> None:
    if function(*arguments) != 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
