"""The User-mode Linux kernel: fetched, unpacked and started beside the libc that it wants.

The kernel runs by `chroot` in a directory of its own, because the newest one (much the fastest: it
traps system calls with seccomp instead of ptrace) is built against a newer libc than this
machine may have. Each kernel has its own mount namespace, so that no mount outlives it.
"""

from __future__ import annotations

import os
import shlex
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from controller.errors import HeirloomError
from testbed.archive import Archive
from testbed.cache import building, cache_root
from testbed.machine import call

# Fastest first. The second is what Debian 12 brings.
RELEASES = ("forky", "bookworm")
_PACKAGES = ["user-mode-linux", "libc6"]
_LENT = "lent"


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
        steps = [
            "read -r go",
            'test -n "$go"',
            f"mount --rbind /dev {root}/dev",
            f"mount -t proc proc {root}/proc",
            f"mount -t tmpfs -o mode=755 tmpfs {root}/mnt",
        ]
        for name, path in {
            **mounts,
            **{f"{_LENT}/{name}": path for name, path in lent.items()},
        }.items():
            place = f"{root}/mnt/{name}"
            steps += [f"mkdir -p {place}", f"mount --bind {shlex.quote(str(path))} {place}"]
        steps += [f"mount -o remount,bind,ro {root}/mnt/{_LENT}/{name}" for name in lent]
        words = ["chroot", str(self.root), "/usr/bin/linux.uml", f"hostfs=/mnt/{_LENT}", *arguments]
        steps.append(f"exec {shlex.join(words)}")
        return ["unshare", "--mount", "--propagation", "private", "sh", "-ec", "\n".join(steps)]


def fetch_kernel(archive: Archive) -> Kernel:
    """The fastest kernel that the archive has, from the cache or from the archive.

    Raises HeirloomError where there is none.
    """
    failures = []
    for release in RELEASES:
        kernel = Kernel(cache_root() / f"kernel-{release}")
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
