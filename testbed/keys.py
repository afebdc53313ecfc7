"""The SSH keys of a cluster, and the files through which each end knows the other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from testbed.machine import call

CLIENT = "client"

_CONFIG = """\
Host {name} {address}
  HostName {address}
"""
_CONFIG_OF_ALL = """\
Host *
  User root
  IdentityFile "{key}"
  IdentitiesOnly yes
  UserKnownHostsFile "{known_hosts}"
  StrictHostKeyChecking yes
  ConnectTimeout 5
  ServerAliveInterval 5
  ServerAliveCountMax 6
  LogLevel ERROR
"""


@dataclass(frozen=True, slots=True)
class Keys:
    """A directory of keys: the client's, which opens every host, and one for each host."""

    directory: Path

    @property
    def ssh_config(self) -> Path:
        """A configuration for ssh (-F) with which a host's name is all it takes."""
        return self.directory / "config"

    def make(self, addresses: Mapping[str, str]) -> None:
        """Make what is missing, for hosts by name. Known keys stay as they are."""
        self.directory.mkdir(mode=0o700, exist_ok=True)
        for name in (CLIENT, *addresses):
            path = self.directory / name
            if not path.with_suffix(".pub").exists():
                path.unlink(missing_ok=True)
                call(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", path])
        known_hosts = self.directory / "known_hosts"
        known_hosts.write_text(self.known_hosts(addresses))
        hosts = [_CONFIG.format(name=name, address=address) for name, address in addresses.items()]
        of_all = _CONFIG_OF_ALL.format(key=self.directory / CLIENT, known_hosts=known_hosts)
        self.ssh_config.write_text("".join([*hosts, of_all]))

    def known_hosts(self, addresses: Mapping[str, str]) -> str:
        """The known_hosts file for these hosts, by name and by address."""
        lines = [
            f"{name},{address} {' '.join(self.public(name).split()[:2])}\n"
            for name, address in addresses.items()
        ]
        return "".join(lines)

    def public(self, name: str) -> str:
        """A public key."""
        return (self.directory / f"{name}.pub").read_text()

    def host_files(self, name: str, addresses: Mapping[str, str]) -> dict[str, str]:
        """What a host has of them, by path: its own key, the client's, its neighbours'."""
        names = "".join(f"{address} {host}\n" for host, address in addresses.items())
        return {
            "/etc/hosts": f"127.0.0.1 localhost\n{names}",
            "/etc/ssh/ssh_known_hosts": self.known_hosts(addresses),
            "/etc/ssh/ssh_host_ed25519_key": (self.directory / name).read_text(),
            "/etc/ssh/ssh_host_ed25519_key.pub": self.public(name),
            "/root/.ssh/authorized_keys": self.public(CLIENT),
        }
