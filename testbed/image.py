"""The disk image of the hosts: a small Debian with systemd and sshd."""

from __future__ import annotations

import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from testbed.archive import Archive
from testbed.cache import building, cache_root, digest
from testbed.kernel import Kernel
from testbed.machine import call

# The Python version of each Debian release.
PYTHONS = {"trixie": "3.13", "bookworm": "3.11"}

PACKAGES = (
    "systemd-sysv",
    "udev",  # networkd waits for it before it configures the network
    "dbus",
    "openssh-server",
    "python3",
    "python3-apt",  # required by Ansible's apt module
    "iproute2",
    "kmod",
    "netbase",
    "sudo",
    "ca-certificates",
)
# No NFS package, so that the tests show that the roles install it.
_SIZE = "8G"  # sparse
_MASKED = (
    "getty@.service",
    "serial-getty@.service",
    "console-getty.service",
    "apt-daily.timer",
    "apt-daily-upgrade.timer",
    "fstrim.timer",
    "e2scrub_all.timer",
    "e2scrub_reap.service",
    "systemd-networkd-wait-online.service",
)
# The checkout and the wheels of this machine. The kernel itself mounts the root.
_FSTAB = """\
none /opt/heirloom hostfs ro,nofail,{hostfs}heirloom 0 0
none /opt/wheels hostfs ro,nofail,{hostfs}wheels 0 0
"""
_FILES = {
    "etc/pip.conf": "[global]\nno-index = true\nfind-links = /opt/wheels\n",
    "etc/dpkg/dpkg.cfg.d/testbed": "force-unsafe-io\n",
    "etc/apt/apt.conf.d/80testbed": 'APT::Install-Recommends "false";\n'
    'Acquire::Languages "none";\n',
    # Logs must survive a power cut.
    "etc/systemd/journald.conf.d/testbed.conf": "[Journal]\nStorage=persistent\n",
    "etc/ssh/sshd_config.d/testbed.conf": "PasswordAuthentication no\nUseDNS no\n",
}
_UNWANTED = ("/usr/share/man/*", "/usr/share/doc/*", "/usr/share/locale/*")


@dataclass(frozen=True, slots=True)
class Image:
    """The base image of a release. Each recipe is built once."""

    release: str
    kernel: Kernel
    archive: Archive

    @property
    def path(self) -> Path:
        """The path in the cache."""
        # This module is the recipe. The other entries are its inputs.
        recipe = [Path(__file__).read_text(), self.kernel.version, *self._sources()]
        return cache_root() / f"{self.release}-{digest(recipe)}.ext4"

    def build(self) -> Path:
        """Build the image if it is not cached. Return its path. Raise HeirloomError on failure."""
        path = self.path
        if path.exists():
            return path
        print(f"building the image of Debian {self.release}", flush=True)
        began = time.monotonic()
        with building(path) as work:
            tree = work / "tree"
            self._bootstrap(tree)
            self._configure(tree)
            image = work / "image"
            with image.open("wb") as file:
                file.truncate(_bytes(_SIZE))
            call(["mkfs.ext4", "-q", "-F", "-E", "lazy_itable_init=1", "-d", tree, image])
            for outdated in path.parent.glob(f"{self.release}-*.ext4"):
                outdated.unlink()
            image.rename(path)
        print(f"built in {time.monotonic() - began:.0f} s: {path}", flush=True)
        return path

    def _bootstrap(self, tree: Path) -> None:
        """Install the Debian packages into `tree` with mmdebstrap."""
        unwanted = [f"--dpkgopt=path-exclude={pattern}" for pattern in _UNWANTED]
        command: list[str | Path] = [
            "mmdebstrap",
            "--quiet",
            "--variant=minbase",
            f"--include={','.join(PACKAGES)}",
            "--dpkgopt=force-unsafe-io",
            *unwanted,
            self.release,
            tree,
            *self._sources(),
        ]
        call(command)

    def _configure(self, tree: Path) -> None:
        """Write the configuration of a test host into `tree`."""
        for name, text in {**_FILES, "etc/fstab": self._fstab()}.items():
            path = tree / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        for name in ("opt/heirloom", "opt/wheels"):
            (tree / name).mkdir()
        (tree / "root/.ssh").mkdir(exist_ok=True)
        (tree / "root/.ssh").chmod(0o700)
        modules = tree / "usr/lib/modules"
        modules.mkdir(exist_ok=True)
        shutil.copytree(self.kernel.modules, modules / self.kernel.version, symlinks=True)
        for unit in _MASKED:
            (tree / "etc/systemd/system" / unit).unlink(missing_ok=True)
            (tree / "etc/systemd/system" / unit).symlink_to("/dev/null")
        call(["chroot", tree, "systemctl", "enable", "-q", "systemd-networkd", "ssh"])
        # Each host has its own of these, from the testbed or from its first boot.
        for name in ("etc/machine-id", "var/lib/dbus/machine-id", "etc/hostname", "etc/hosts"):
            (tree / name).unlink(missing_ok=True)
        (tree / "etc/machine-id").touch()
        for key in (tree / "etc/ssh").glob("ssh_host_*"):
            key.unlink()
        # The package lists are empty. The old date makes cache_valid_time refresh them.
        os.utime(tree / "var/lib/apt/lists", (0, 0))
        # Marks everything that is generated from /usr as current, so that the first boot skips it.
        for name in ("etc/.updated", "var/.updated"):
            (tree / name).touch()

    def _sources(self) -> list[str]:
        return self.archive.sources(self.release)

    def _fstab(self) -> str:
        # hostfs of Linux 6.10 and newer takes its directory as the value of a key if it is mounted
        # by util-linux 2.39 or newer. In all other cases the directory is an option of its own.
        new_kernel = tuple(int(part) for part in self.kernel.version.split(".")[:2]) >= (6, 10)
        new_mount = self.release != "bookworm"
        return _FSTAB.format(hostfs="hostfs=/" if new_kernel and new_mount else "/")


def _bytes(size: str) -> int:
    return int(size.removesuffix("G")) << 30
