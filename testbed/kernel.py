"""The User-mode Linux kernel: download, unpack and start.

The newest kernel is the fastest, because it traps system calls with seccomp instead of ptrace. It
needs a newer libc than this machine may have, so it runs in a chroot with its own libc. Each host
has its own mount and process namespaces, so no mount and no process outlives it.
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

# Fastest first. The second one is in Debian 12.
RELEASES = ("forky", "bookworm")
_PACKAGES = ["user-mode-linux", "libc6", "libgcc-s1"]  # libgcc ends its threads at a reboot
_SHARED = "shared"
# To reboot, the kernel executes its argv[0] in the same process, where the TAP device is still open
# and cannot be opened again. So argv[0] is the dynamic loader, which finds no program in its
# arguments and exits with 127. The shell loop then starts the kernel in a new process.
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
    """An unpacked kernel with its modules and libc."""

    root: Path

    @property
    def modules(self) -> Path:
        """The directory of its modules, named after the kernel version."""
        return next((self.root / "usr/lib/uml/modules").iterdir())

    @property
    def version(self) -> str:
        """The kernel version, such as 7.2.7."""
        return self.modules.name

    def command(
        self, arguments: list[str], mounts: Mapping[str, Path], shared: Mapping[str, Path]
    ) -> list[str]:
        """Return the command that starts a host after it reads a line from standard input.

        The caller sends the line after it has recorded the process.

        Args:
            arguments: arguments of the kernel.
            mounts: directories for the kernel itself, by name under /mnt.
            shared: directories that the host may mount read-only with hostfs, by name.
        """
        root = shlex.quote(str(self.root))
        words = [str(self.root), _LOADER, f"hostfs=/mnt/{_SHARED}", *arguments]
        kernel = shlex.join([sys.executable, "-I", "-S", "-c", _ENTER, *words])
        places = {**mounts, **{f"{_SHARED}/{name}": path for name, path in shared.items()}}
        steps = [
            WAIT_FOR_GO,
            f"mount --rbind /dev {root}/dev",
            f"mount -t proc proc {root}/proc",
            f"mount -t tmpfs -o mode=755 tmpfs {root}/mnt",
        ]
        for name, path in places.items():
            place = f"{root}/mnt/{name}"
            steps += [f"mkdir -p {place}", f"mount --bind {shlex.quote(str(path))} {place}"]
        steps += [f"mount -o remount,bind,ro {root}/mnt/{_SHARED}/{name}" for name in shared]
        steps += [
            f"code={_REBOOT}",
            f"while [ $code = {_REBOOT} ]; do code=0; {kernel} || code=$?; done",
            "exit $code",
        ]
        unshare = ["unshare", "--mount", "--propagation=private", "--pid", "--fork", "--kill-child"]
        return [*unshare, "sh", "-ec", "\n".join(steps)]


def fetch_kernel(archive: Archive) -> Kernel:
    """Return the fastest available kernel, from the cache or the archive.

    Raises HeirloomError if the archive has none.
    """
    failures = []
    for release in RELEASES:
        kernel = Kernel(cache_root() / f"kernel-{release}-{digest(_PACKAGES)}")
        if kernel.root.exists():
            return kernel
        print(f"downloading the kernel: user-mode-linux of {release}", flush=True)
        try:
            _fetch(archive, release, kernel.root)
        except HeirloomError as error:
            failures.append(str(error))
            continue
        return kernel
    raise HeirloomError("the archive has no User-mode Linux kernel:\n" + "\n".join(failures))


def _fetch(archive: Archive, release: str, target: Path) -> None:
    with building(target) as work:
        archive.download(release, _PACKAGES, work)
        root = work / "root"
        for package in sorted(work.glob("*.deb")):
            call(["dpkg-deb", "-x", package, root])
        for name in ("lib", "lib64"):
            if not (root / name).exists():  # older packages contain the directory
                (root / name).symlink_to(f"usr/{name}")
        for name in ("dev", "proc", "mnt"):
            (root / name).mkdir()
        root.rename(target)


def memory_directory(total: int) -> Path | None:
    """Return the directory for a memory file of `total` bytes: in RAM if it fits, else None."""
    shared = Path("/dev/shm")  # noqa: S108  the kernel creates its file with O_EXCL and unlinks it
    if shared.is_dir() and os.access(shared, os.W_OK) and shutil.disk_usage(shared).free > total:
        return shared
    return None
