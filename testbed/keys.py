"""The SSH keys of a cluster, with the known_hosts and configuration files."""

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
    """A directory of keys: one of the client, for all hosts, and one of each host."""

    directory: Path

    @property
    def ssh_config(self) -> Path:
        """A configuration file for `ssh -F`, which knows the hosts by name."""
        return self.directory / "config"

    def make(self, addresses: Mapping[str, str]) -> None:
        """Create missing keys for these hosts. Existing keys are not changed."""
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
        """Return the known_hosts file for these hosts, by name and address."""
        lines = [
            f"{name},{address} {' '.join(self.public(name).split()[:2])}\n"
            for name, address in addresses.items()
        ]
        return "".join(lines)

    def public(self, name: str) -> str:
        """Return a public key."""
        return (self.directory / f"{name}.pub").read_text()

    def host_files(self, name: str, addresses: Mapping[str, str]) -> dict[str, str]:
        """Return the key files of a host by path: its own, the client's and the other hosts'."""
        names = "".join(f"{address} {host}\n" for host, address in addresses.items())
        return {
            "/etc/hosts": f"127.0.0.1 localhost\n{names}",
            "/etc/ssh/ssh_known_hosts": self.known_hosts(addresses),
            "/etc/ssh/ssh_host_ed25519_key": (self.directory / name).read_text(),
            "/etc/ssh/ssh_host_ed25519_key.pub": self.public(name),
            "/root/.ssh/authorized_keys": self.public(CLIENT),
        }
