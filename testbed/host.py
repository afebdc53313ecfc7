"""One virtual host: its disk, its process, its network and SSH."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from controller.errors import HeirloomError
from testbed.kernel import Kernel, memory_directory
from testbed.machine import call
from testbed.network import Network
from testbed.packages import host_settings
from testbed.processes import Process, start

BOOT_TIMEOUT = 180.0  # seconds; a loaded machine with a ptrace kernel needs about 100
_CONNECT_TIMEOUT = 5  # seconds
_SHUTDOWN_TIMEOUT = 60.0  # seconds; then the host is killed

_INTERFACE = """\
[Match]
MACAddress={mac}

[Network]
Address={address}/24
LinkLocalAddressing=no
IPv6AcceptRA=no
"""


@dataclass(frozen=True, slots=True)
class Host:
    """A host of a cluster. `directory` contains its disk, its console log and its files."""

    name: str
    index: int
    directory: Path
    network: Network
    ssh_config: Path

    @property
    def address(self) -> str:
        """Its address on the bridge."""
        return self.network.address(self.index)

    @property
    def console(self) -> Path:
        """The log of its console, across all boots."""
        return self.directory / "console.log"

    @property
    def disk(self) -> Path:
        """Its disk image."""
        return self.directory / "disk.ext4"

    def prepare(self, base: Path, files: Mapping[str, str]) -> None:
        """Create its disk if it has none: a copy of the base image with files added.

        Args:
            base: path of the base image.
            files: file contents by absolute path on the host. Private keys get mode 0600.

        Raises HeirloomError.
        """
        if self.disk.exists():
            return
        parts = self.directory / "files"
        shutil.rmtree(parts, ignore_errors=True)
        parts.mkdir(parents=True)
        script = []
        for place, text in {**files, **self._own_files()}.items():
            part = parts / Path(place).name
            part.write_text(text)
            part.chmod(0o600 if part.name.endswith("_key") else 0o644)
            script.append(f"write {part.name} {place}\n")
        fresh = self.directory / "disk.new"
        call(["cp", "--sparse=always", "--reflink=auto", base, fresh])
        # debugfs writes into the image, so the host needs no first-boot script.
        output = call(["debugfs", "-w", "-f", "/dev/stdin", fresh], cwd=parts, text="".join(script))
        errors = [
            line for line in output.splitlines() if not line.startswith(("debugfs", "Allocated"))
        ]
        if errors:
            raise HeirloomError(f"{self.name}: debugfs cannot write to its disk: {errors}")
        fresh.rename(self.disk)

    def _own_files(self) -> dict[str, str]:
        """Return the files that differ between hosts: name, network, apt proxy."""
        mac = self.network.mac(self.index)
        return {
            "/etc/hostname": f"{self.name}\n",
            "/etc/systemd/network/10-testbed.network": _INTERFACE.format(
                mac=mac, address=self.address
            ),
            "/etc/apt/apt.conf.d/90testbed-proxy": host_settings(self.network.gateway),
        }

    def start(
        self,
        kernel: Kernel,
        memory: int,
        shared: Mapping[str, Path],
        record: Callable[[Process], None],
    ) -> Process:
        """Start it.

        Args:
            kernel: the kernel to boot.
            memory: in MiB.
            shared: directories that it can mount, by name.
            record: called with the process before it starts to boot.

        Raises HeirloomError.
        """
        if not self.disk.exists():
            raise HeirloomError(f"{self.name} has no disk yet: python -m testbed up")
        memory_file = memory_directory(memory << 20)
        arguments = [
            "seccomp=auto",
            f"umid={self.name}",
            "uml_dir=/mnt/uml/",
            f"mem={memory}M",
            "ubda=/mnt/host/disk.ext4",
            "root=/dev/ubda",
            "rw",
            f"vec0:transport=tap,ifname={self.network.tap(self.index)},"
            f"mac={self.network.mac(self.index)},depth=128,gro=1",
            "con=null",
            "con0=null,fd:1",
        ]
        command = kernel.command(arguments, {"host": self.directory}, shared)
        environment = {"TMPDIR": str(memory_file) if memory_file else "/mnt/host"}
        return start(command, self.console, record, environment)

    def stop(self, process: Process) -> None:
        """Shut it down with `systemctl poweroff`. Kill it if it does not end in time."""
        if not process.alive:
            return
        connected = self.network.is_connected(self.index)
        if connected:
            self.ssh(["systemctl", "poweroff", "--no-block"], check=False)
        if not process.wait(_SHUTDOWN_TIMEOUT if connected else 0):
            process.kill()

    def ssh(
        self, command: Sequence[str], *, check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        """Run a command on it as root. The words are joined and passed to a shell there.

        Raises HeirloomError if it fails, unless `check` is false.
        """
        done = subprocess.run(
            ["ssh", "-F", self.ssh_config, "-o", "BatchMode=yes", self.name, "--", *command],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if check and done.returncode:
            raise HeirloomError(
                f"{self.name}: {' '.join(command)} ended with {done.returncode}: "
                f"{done.stderr.strip() or done.stdout.strip()}"
            )
        return done

    def boot_id(self) -> str | None:
        """Return the id of its current boot, or None if it does not answer."""
        done = self.ssh(["cat", "/proc/sys/kernel/random/boot_id"], check=False)
        return done.stdout.strip() or None

    def wait(self, process: Process, *, after: str | None = None) -> None:
        """Wait until it answers SSH.

        Args:
            process: its process. If it ends, so does the wait.
            after: boot id to ignore, that of the boot before a reboot.

        Raises HeirloomError with the end of its console log.
        """
        deadline = time.monotonic() + BOOT_TIMEOUT
        while (boot := self.boot_id()) is None or boot == after:
            if not process.alive:
                raise HeirloomError(f"{self.name} ended while booting:\n{self._console_tail()}")
            if time.monotonic() > deadline:
                raise HeirloomError(
                    f"{self.name} does not answer SSH after {BOOT_TIMEOUT:.0f} s:\n"
                    f"{self._console_tail()}"
                )
            time.sleep(0.3)

    def _console_tail(self) -> str:
        text = self.console.read_text(errors="replace") if self.console.exists() else ""
        return (
            "\n".join(f"  {line}" for line in text.splitlines()[-15:]) + f"\n  see {self.console}"
        )
