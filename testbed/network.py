"""The private network of the hosts: a bridge, and a TAP interface for each host."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from controller.errors import HeirloomError
from testbed.machine import call

_INTERFACES = Path("/sys/class/net")
_MAX_NETWORKS = 32


@dataclass(frozen=True, slots=True)
class Network:
    """The network of one cluster. Networks differ by their number.

    Addresses are from 198.18.0.0/15, which RFC 2544 reserves for tests. Nothing is routed: hosts
    reach only each other and this machine.
    """

    number: int

    @property
    def bridge(self) -> str:
        """The name of the bridge."""
        return f"heirloom{self.number}"

    @property
    def gateway(self) -> str:
        """The address of this machine."""
        return f"198.18.{self.number}.1"

    def address(self, index: int) -> str:
        """Return the address of a host. Indices start at 1."""
        return f"198.18.{self.number}.{10 + index}"

    def mac(self, index: int) -> str:
        """Return the MAC address of a host. Index 0 is the bridge."""
        return f"02:68:6c:00:{self.number:02x}:{index:02x}"

    def tap(self, index: int) -> str:
        """Return the name of the TAP interface of a host."""
        return f"{self.bridge}-{index}"

    def make(self, hosts: int) -> None:
        """Create the missing interfaces and set them up. Raises HeirloomError."""
        if not _exists(self.bridge):
            # Without a MAC address of its own, the bridge has that of a port, which may be removed.
            mac = self.mac(0)
            call(["ip", "link", "add", self.bridge, "address", mac, "type", "bridge"])
        call(["ip", "address", "replace", f"{self.gateway}/24", "dev", self.bridge])
        call(["ip", "link", "set", self.bridge, "up"])
        for index in range(1, hosts + 1):
            tap = self.tap(index)
            if not _exists(tap):
                call(["ip", "tuntap", "add", tap, "mode", "tap"])
            call(["ip", "link", "set", tap, "master", self.bridge, "up"])

    def connect(self, index: int, *, connected: bool) -> None:
        """Connect or disconnect a host.

        Disconnecting removes the TAP interface from the bridge. Setting the interface down instead
        causes an error from which the driver of the host does not recover.
        """
        master = ["master", self.bridge] if connected else ["nomaster"]
        call(["ip", "link", "set", self.tap(index), *master])

    def is_connected(self, index: int) -> bool:
        """Return whether a host is connected."""
        return _exists(f"{self.tap(index)}/master")

    def remove(self) -> None:
        """Delete all of its interfaces."""
        for path in sorted(_INTERFACES.glob(f"{self.bridge}-*")):
            call(["ip", "link", "delete", path.name])
        if _exists(self.bridge):
            call(["ip", "link", "delete", self.bridge])


def free_network() -> Network:
    """Return a network that no cluster on this machine uses. Raises HeirloomError."""
    for number in range(_MAX_NETWORKS):
        network = Network(number)
        if not _exists(network.bridge):
            return network
    raise HeirloomError(f"{_MAX_NETWORKS} clusters run on this machine: stop one")


def _exists(interface: str) -> bool:
    return (_INTERFACES / interface).exists()
