"""Change to the trial user, and start processes that outlive the one that starts them.

Processes are forked: a fork takes about a millisecond, a new interpreter about fifty.
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
PROCESS_NAME = "heirloom"  # of supervisors, as ps(1) and other users see it
_PR_SET_DUMPABLE = 4  # prctl(2)
_PR_SET_NAME = 15  # prctl(2)
_PR_SET_CHILD_SUBREAPER = 36  # prctl(2)
_UMASK = 0o007  # the store is shared by a user and a group: both may use what is written


def become_user(user: Optional[str]) -> None:
    """Change this process to `user` for good, if it runs as root: NFS maps root to nobody.

    Does nothing in a process of another user. Raises OSError when there is no such user.
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
    # setuid gives this process's /proc entries to root. The sandbox writes id maps there.
    _LIBC.prctl(_PR_SET_DUMPABLE, 1, 0, 0, 0)
    os.environ.update(
        HOME=account.pw_dir, USER=user, LOGNAME=user, SHELL=account.pw_shell or "/bin/sh"
    )
    for name in [name for name in os.environ if name.startswith(("XDG_", "DBUS_", "SUDO_"))]:
        del os.environ[name]


def run_as_user(user: Optional[str], work: Callable[[], Any]) -> Any:
    """Call `work` as `user` in a child and return its result; this process keeps its user.

    An Ansible module needs that, because it reads files of its own afterwards. Raises OSError as
    `become_user` and `run_in_child` do.
    """

    def work_as_user() -> Any:
        become_user(user)
        return work()

    return run_in_child(work_as_user)


def run_in_child(work: Callable[[], Any]) -> Any:
    """Call `work` in a child and return its result, which must be serializable as JSON.

    Processes that the child starts lose their parent when it ends. Raises OSError if `work` raises
    it, if the child cannot be forked, or if it fails otherwise.
    """
    reader, writer = os.pipe()
    gc.freeze()  # so that the child's garbage collector does not copy shared memory
    pid = os.fork()
    if pid == 0:
        _exit_after(lambda: _send_result(writer, work))
    os.close(writer)
    with open(reader, "rb") as pipe:
        line = pipe.readline()
    os.waitpid(pid, 0)
    gc.unfreeze()
    if not line.endswith(b"\n"):
        raise ChildProcessError("the child process failed: see its traceback on stderr")
    data = json.loads(line)
    if "refused" in data:
        raise OSError(data["refused"])
    return data["answer"]


def start_detached(work: Callable[[], None], keep: int, log: str) -> int:
    """Call `work` in a detached process that keeps only the descriptor `keep`; its process id.

    Its standard error goes to the file `log`. Raises OSError.
    """
    pid = os.fork()
    if pid == 0:
        _exit_after(lambda: _detach_and_run(work, keep, log))
    return pid


def leave_session(keep: int, log: Optional[str] = None) -> None:
    """Start a new session in `/` and close every descriptor except `keep`.

    Standard input and output become /dev/null; standard error too, or the file `log`.
    """
    os.setsid()
    null = os.open(os.devnull, os.O_RDWR)
    errors = null if log is None else os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o660)
    os.dup2(null, 0)
    os.dup2(null, 1)
    os.dup2(errors, 2)
    for fd in [int(name) for name in os.listdir("/proc/self/fd")]:
        if fd > 2 and fd != keep:
            try:
                os.close(fd)
            except OSError:  # the descriptor of the listing, which is closed by now
                continue
    os.chdir("/")


def _detach_and_run(work: Callable[[], None], keep: int, log: str) -> None:
    leave_session(keep, log)
    signal.set_wakeup_fd(-1)
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    os.umask(_UMASK)
    _LIBC.prctl(_PR_SET_NAME, PROCESS_NAME.encode(), 0, 0, 0)
    if _LIBC.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "cannot become a subreaper")
    work()


def _exit_after(work: Callable[[], object]) -> None:
    """Call `work` and exit, without the clean-up handlers that belong to the parent."""
    status = 1
    try:
        work()
        status = 0
    except BaseException:
        os.write(2, traceback.format_exc().encode())
    finally:
        os._exit(status)


def _send_result(writer: int, work: Callable[[], Any]) -> None:
    os.setsid()  # a signal to the parent's process group must not reach supervisors
    try:
        data = {"answer": work()}
    except OSError as error:
        data = {"refused": str(error)}
    line = json.dumps(data).encode() + b"\n"
    with open(writer, "wb") as pipe:
        pipe.write(line)
