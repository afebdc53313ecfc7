"""As whom supervisors run, and how one comes to outlive whoever started it: by a fork, detached.

A fork costs a millisecond where a fresh interpreter costs fifty.
"""

from __future__ import annotations

import ctypes
import gc
import json
import os
import pwd
import signal
import traceback
from collections.abc import Callable
from typing import Any, Optional

_LIBC = ctypes.CDLL(None, use_errno=True)
_PR_SET_DUMPABLE = 4  # prctl(2)
_PR_SET_CHILD_SUBREAPER = 36  # prctl(2)
_UMASK = 0o007  # what is written belongs to user and group, on a store that they share


def become(user: Optional[str]) -> None:
    """Be `user` from here on, where we are root: the store takes nothing from root.

    Whoever is not root stays who they are. Raises OSError when there is no such user.
    """
    if user is None or os.geteuid() != 0:
        return
    try:
        account = pwd.getpwnam(user)
    except KeyError:
        raise OSError(f"there is no user {user} on this node: run site.yml") from None
    os.initgroups(user, account.pw_gid)
    os.setgid(account.pw_gid)
    os.setuid(account.pw_uid)
    # The kernel gave our /proc entries to root with that; what maps ids for the view needs them.
    _LIBC.prctl(_PR_SET_DUMPABLE, 1, 0, 0, 0)
    os.environ.update(
        HOME=account.pw_dir, USER=user, LOGNAME=user, SHELL=account.pw_shell or "/bin/sh"
    )
    for name in [name for name in os.environ if name.startswith(("XDG_", "DBUS_", "SUDO_"))]:
        del os.environ[name]


def as_user(user: Optional[str], work: Callable[[], Any]) -> Any:
    """Do `work` as `user` and return its answer, in a child: this process stays who it is.

    An Ansible module has to, for it goes on reading files of its own. Raises as `become` and
    `in_child` do.
    """

    def done() -> Any:
        become(user)
        return work()

    return in_child(done)


def in_child(work: Callable[[], Any]) -> Any:
    """Do `work` in a child and return its answer, which JSON must be able to carry.

    What the child forks is nobody's child once it has ended. Raises OSError where `work` does, and
    when the child cannot be forked, or breaks.
    """
    reading, writing = os.pipe()
    gc.freeze()  # children share the memory of what is never collected
    pid = os.fork()
    if pid == 0:
        _last(lambda: _answer(writing, work))
    os.close(writing)
    with open(reading, "rb") as pipe:
        answer = pipe.readline()
    os.waitpid(pid, 0)
    gc.unfreeze()
    if not answer.endswith(b"\n"):
        raise ChildProcessError("the process that does the work broke")
    said = json.loads(answer)
    if "refused" in said:
        raise OSError(said["refused"])
    return said["answer"]


def detached(live: Callable[[], None], keep: int, log: str) -> int:
    """Run `live` in a process of its own that keeps only the descriptor `keep`; its id.

    What it prints about errors goes to the file `log`. Raises OSError.
    """
    pid = os.fork()
    if pid == 0:
        _last(lambda: _live(live, keep, log))
    return pid


def _live(live: Callable[[], None], keep: int, log: str) -> None:
    _detach(keep, log)
    live()


def _last(work: Callable[[], object]) -> None:
    """Do the last thing that this process does; none of its parent's clean-up happens here."""
    status = 1
    try:
        work()
        status = 0
    except BaseException:
        os.write(2, traceback.format_exc().encode())
    finally:
        os._exit(status)


def _answer(writing: int, work: Callable[[], Any]) -> None:
    os.setsid()  # whoever ends our parent's group ends nothing that is started here
    try:
        said = {"answer": work()}
    except OSError as error:
        said = {"refused": str(error)}
    data = json.dumps(said).encode() + b"\n"
    with open(writing, "wb") as pipe:
        pipe.write(data)


def _detach(keep: int, log: str) -> None:
    """Leave session, terminal, descriptors, signals and directory of whoever forked us."""
    os.setsid()
    nothing = os.open(os.devnull, os.O_RDWR)
    errors = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o660)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)
    os.dup2(errors, 2)
    for fd in [int(name) for name in os.listdir("/proc/self/fd")]:
        if fd > 2 and fd != keep:
            try:
                os.close(fd)
            except OSError:  # the listing's own
                continue
    signal.set_wakeup_fd(-1)
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    os.umask(_UMASK)
    os.chdir("/")
    if _LIBC.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "cannot become a subreaper")
