"""The User-mode Linux kernel: fetched, unpacked and started beside the libc that it wants.

The kernel runs by `chroot` in a directory of its own, because the newest one (much the fastest: it
traps system calls with seccomp instead of ptrace) is built against a newer libc than this
machine may have. Each has mount and process namespaces of its own, so that no mount and
no process outlives the one that was started.
"""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from controller.errors import HeirloomError
from testbed.archive import Archive
from testbed.cache import building, cache_root, digest
from testbed.machine import call
from testbed.processes import WAIT_FOR_GO

# Fastest first. The second is what Debian 12 brings.
RELEASES = ("forky", "bookworm")
_PACKAGES = ["user-mode-linux", "libc6", "libgcc-s1"]  # libgcc: for its threads to end at a reboot
_LENT = "lent"
# To reboot, the kernel executes its argv[0] in its own process, where the TAP is open and can't
# be opened again. So argv[0] is the loader, which finds no program in its arguments and exits with
# a code of its own; that starts the kernel anew, in a fresh process.
_LOADER = "/lib64/ld-linux-x86-64.so.2"
_REBOOT = 127
_ENTER = """
import os, sys
os.chroot(sys.argv[1])
os.chdir("/")
os.execv("/usr/bin/linux.uml", sys.argv[2:])
"""


@dataclass(frozen=True, slots=True)
class Kernel:
    """An unpacked kernel with its modules and its libc."""

    root: Path

    @property
    def modules(self) -> Path:
        """The directory of its modules, named by the kernel's version."""
        return next((self.root / "usr/lib/uml/modules").iterdir())

    @property
    def version(self) -> str:
        """Such as 7.2.7."""
        return self.modules.name

    def command(
        self, arguments: list[str], mounts: Mapping[str, Path], lent: Mapping[str, Path]
    ) -> list[str]:
        """The command that starts a host, once a line has come on its standard input.

        Waiting for that line lets the caller write the process down before it does anything.

        Args:
            arguments: the kernel's.
            mounts: what the kernel itself sees, by name at its root.
            lent: what the host may mount with hostfs, by name; read-only.
        """
        root = shlex.quote(str(self.root))
        words = [str(self.root), _LOADER, f"hostfs=/mnt/{_LENT}", *arguments]
        kernel = shlex.join([sys.executable, "-I", "-S", "-c", _ENTER, *words])
        places = {**mounts, **{f"{_LENT}/{name}": path for name, path in lent.items()}}
        steps = [
            WAIT_FOR_GO,
            f"mount --rbind /dev {root}/dev",
            f"mount -t proc proc {root}/proc",
            f"mount -t tmpfs -o mode=755 tmpfs {root}/mnt",
        ]
        for name, path in places.items():
            place = f"{root}/mnt/{name}"
            steps += [f"mkdir -p {place}", f"mount --bind {shlex.quote(str(path))} {place}"]
        steps += [f"mount -o remount,bind,ro {root}/mnt/{_LENT}/{name}" for name in lent]
        steps += [
            f"code={_REBOOT}",
            f"while [ $code = {_REBOOT} ]; do code=0; {kernel} || code=$?; done",
            "exit $code",
        ]
        alone = ["unshare", "--mount", "--propagation=private", "--pid", "--fork", "--kill-child"]
        return [*alone, "sh", "-ec", "\n".join(steps)]


def fetch_kernel(archive: Archive) -> Kernel:
    """The fastest kernel that the archive has, from the cache or from the archive.

    Raises HeirloomError where there is none.
    """
    failures = []
    for release in RELEASES:
        kernel = Kernel(cache_root() / f"kernel-{release}-{digest(_PACKAGES)}")
        if kernel.root.exists():
            return kernel
        print(f"fetching the kernel: user-mode-linux of {release}", flush=True)
        try:
            _fetch(archive, release, kernel.root)
        except HeirloomError as error:
            failures.append(str(error))
            continue
        return kernel
    raise HeirloomError("no User-mode Linux kernel is to be had:\n" + "\n".join(failures))


def _fetch(archive: Archive, release: str, target: Path) -> None:
    with building(target) as work:
        archive.download(release, _PACKAGES, work)
        root = work / "root"
        for package in sorted(work.glob("*.deb")):
            call(["dpkg-deb", "-x", package, root])
        for name in ("lib", "lib64"):
            if not (root / name).exists():  # older packages bring the directory itself
                (root / name).symlink_to(f"usr/{name}")
        for name in ("dev", "proc", "mnt"):
            (root / name).mkdir()
        root.rename(target)


def memory_directory(total: int) -> Path | None:
    """Where a host's memory of `total` bytes lies: in RAM if it fits, else None, for a disk."""
    shared = Path("/dev/shm")  # noqa: S108  a kernel's file there is made exclusively and unlinked
    if shared.is_dir() and os.access(shared, os.W_OK) and shutil.disk_usage(shared).free > total:
        return shared
    return None
