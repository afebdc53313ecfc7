"""The hosts' private network: one bridge, one TAP interface a host, no way out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from controller.errors import HeirloomError
from testbed.machine import call

_INTERFACES = Path("/sys/class/net")
_MOST = 32


@dataclass(frozen=True, slots=True)
class Network:
    """The network of one cluster. Networks differ by their number.

    Addresses are from 198.18.0.0/15, which RFC 2544 keeps for tests: nobody's lab has them.
    Nothing is routed: hosts reach each other and this machine.
    """

    number: int

    @property
    def bridge(self) -> str:
        """The bridge's name."""
        return f"heirloom{self.number}"

    @property
    def gateway(self) -> str:
        """This machine's address on it."""
        return f"198.18.{self.number}.1"

    def address(self, index: int) -> str:
        """The address of the host with this index, from 1 up."""
        return f"198.18.{self.number}.{10 + index}"

    def mac(self, index: int) -> str:
        """The hardware address of the host with this index; 0 is the bridge."""
        return f"02:68:6c:00:{self.number:02x}:{index:02x}"

    def tap(self, index: int) -> str:
        """The name of the interface that is the host's cable."""
        return f"{self.bridge}-{index}"

    def make(self, hosts: int) -> None:
        """Make what is missing of it and set it up. Raises HeirloomError."""
        if not _exists(self.bridge):
            # An address of its own: else it has a port's, and another one when that is cut.
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
        """Plug a host's cable in, or pull it.

        It is pulled out of the bridge: a host whose TAP goes down gets an error from it, and its
        driver does not recover.
        """
        place = ["master", self.bridge] if connected else ["nomaster"]
        call(["ip", "link", "set", self.tap(index), *place])

    def is_connected(self, index: int) -> bool:
        """Whether a host's cable is plugged in."""
        return _exists(f"{self.tap(index)}/master")

    def remove(self) -> None:
        """Take away every interface of it."""
        for path in sorted(_INTERFACES.glob(f"{self.bridge}-*")):
            call(["ip", "link", "delete", path.name])
        if _exists(self.bridge):
            call(["ip", "link", "delete", self.bridge])


def free_network() -> Network:
    """A network that no cluster has on this machine. Raises HeirloomError."""
    for number in range(_MOST):
        network = Network(number)
        if not _exists(network.bridge):
            return network
    raise HeirloomError(f"{_MOST} clusters are up on this machine: take one down")


def _exists(interface: str) -> bool:
    return (_INTERFACES / interface).exists()
