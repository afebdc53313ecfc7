"""Requirements of this machine, and commands run on it."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from controller.errors import HeirloomError, reason

# Required programs, and the Debian packages that contain them.
PROGRAMS = {
    "apt-cacher-ng": "apt-cacher-ng",
    "debugfs": "e2fsprogs",
    "ip": "iproute2",
    "mkfs.ext4": "e2fsprogs",
    "mmdebstrap": "mmdebstrap",
    "ssh": "openssh-client",
    "ssh-keygen": "openssh-client",
    "unshare": "util-linux",
}
_SBIN = "/usr/local/sbin:/usr/sbin:/sbin"


def check_machine() -> None:
    """Raise HeirloomError, with a remedy, if this machine cannot run hosts."""
    if os.geteuid() != 0:
        raise HeirloomError(
            "the testbed needs root, to create network interfaces and disk images: run it as root"
        )
    if not Path("/etc/debian_version").exists() or not shutil.which("apt-get"):
        raise HeirloomError(
            "the testbed builds its hosts with apt: run it on Debian or a derivative"
        )
    if platform.machine() != "x86_64":
        raise HeirloomError(
            f"User-mode Linux needs x86_64, but this machine is {platform.machine()}"
        )
    if not os.access("/dev/net/tun", os.R_OK | os.W_OK):
        raise HeirloomError(
            "/dev/net/tun is missing, which the hosts' network needs: run `modprobe tun`, or "
            "add the device to this container"
        )


def install_programs() -> None:
    """Install missing programs with apt, after printing their names. Raises HeirloomError."""
    path = search_path()
    missing = sorted(
        {package for name, package in PROGRAMS.items() if not shutil.which(name, path=path)}
    )
    if not missing:
        return
    print(f"installing with apt: {' '.join(missing)}", flush=True)
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    call(["apt-get", "update", "-q"], env=quiet)
    call(["apt-get", "install", "-y", "-q", "--no-install-recommends", *missing], env=quiet)
    if "apt-cacher-ng" in missing and Path("/run/systemd/system").exists():
        # The packaged service listens on every interface; the testbed's own only on its bridge.
        call(["systemctl", "disable", "--now", "apt-cacher-ng"])


def search_path() -> str:
    """Return PATH with the sbin directories added."""
    return f"{os.environ.get('PATH', os.defpath)}:{_SBIN}"


def call(
    command: Sequence[str | Path],
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    text: str | None = None,
) -> str:
    """Run a program and return its standard output.

    Raises HeirloomError with the end of its output if it fails.
    """
    words = [str(word) for word in command]
    try:
        done = subprocess.run(
            words,
            env={**os.environ, "PATH": search_path(), **(env or {})},
            cwd=cwd,
            input=text if text is not None else "",
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError as error:
        raise HeirloomError(f"cannot run {words[0]}: {reason(error)}") from None
    if done.returncode:
        lines = (done.stderr.strip() or done.stdout.strip()).splitlines()[-8:]
        raise HeirloomError(f"{' '.join(words)[:300]} failed: " + "\n  ".join(["", *lines]))
    return done.stdout
