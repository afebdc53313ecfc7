"""A cluster of virtual hosts."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from controller.errors import HeirloomError
from testbed.archive import Archive
from testbed.cache import REPOSITORY, cache_root, locked
from testbed.host import Host
from testbed.image import PYTHONS, Image
from testbed.inventory import inventory_directory, remove_inventory, write_inventory
from testbed.kernel import Kernel, fetch_kernel
from testbed.keys import Keys
from testbed.machine import check_machine, install_programs
from testbed.network import Network, free_network
from testbed.packages import start_packages
from testbed.processes import Process
from testbed.state import State
from testbed.wheels import fetch_wheels

DEFAULT_NAME = "testbed"
DEFAULT_RELEASE = "trixie"
DEFAULT_MEMORY = 768  # MiB for each host
_PACKAGES = "apt-cacher-ng"
_MAX_HOSTS = 9


@dataclass(frozen=True, slots=True)
class Cluster:
    """The cluster with this name. All of its files are under `directory`."""

    name: str = DEFAULT_NAME

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-z][a-z0-9-]{0,30}", self.name):
            raise HeirloomError(
                f"invalid cluster name {self.name!r}: use lower-case letters, digits and hyphens"
            )

    @property
    def directory(self) -> Path:
        """The directory of its state, its keys and its hosts."""
        return cache_root() / "clusters" / self.name

    @property
    def keys(self) -> Keys:
        """Its SSH keys."""
        return Keys(self.directory / "ssh")

    @property
    def inventory(self) -> Path:
        """The directory of its inventory."""
        return inventory_directory(self.name)

    def up(
        self, release: str = DEFAULT_RELEASE, hosts: int = 3, memory: int = DEFAULT_MEMORY
    ) -> State:
        """Start the hosts that do not run, and wait until all answer SSH.

        Args:
            release: Debian release of the hosts.
            hosts: number of hosts.
            memory: memory of each host in MiB.

        Raises:
            HeirloomError: a step failed. Hosts that were started keep running; call `up` again or
                `down`.
        """
        check_machine()
        if release not in PYTHONS:
            raise HeirloomError(f"unknown release {release}: use {' or '.join(PYTHONS)}")
        if not 1 <= hosts <= _MAX_HOSTS:
            raise HeirloomError(f"{hosts} hosts: use 1 to {_MAX_HOSTS}")
        with locked(cache_root() / "build.lock"):
            install_programs()
            archive = Archive.of_machine()
            kernel = fetch_kernel(archive)
            base = Image(release, kernel, archive).build()
            shared = {"heirloom": REPOSITORY, "wheels": fetch_wheels(release)}
        with self._state() as state:
            if state is None:
                state = self._new(release, hosts, memory, kernel, shared)  # noqa: PLW2901 - its first
            elif (state.release, len(state.hosts), state.memory) != (release, hosts, memory):
                raise HeirloomError(
                    f"the cluster {self.name} already runs with {len(state.hosts)} hosts of "
                    f"{state.release}, {state.memory} MiB each: stop it first "
                    "(python -m testbed down), or choose another --name"
                )
            self._start(state, archive, base)
        return state

    def _new(
        self, release: str, hosts: int, memory: int, kernel: Kernel, shared: Mapping[str, Path]
    ) -> State:
        """Create the network and the state file of a new cluster."""
        with locked(cache_root() / "network.lock"):
            network = free_network()
            names = [f"node{index}" for index in range(1, hosts + 1)]
            places = {name: str(path) for name, path in shared.items()}
            self.directory.mkdir(exist_ok=True)
            state = State(release, network.number, memory, names, str(kernel.root), places)
            state.write(self._state_file)
            network.make(hosts)
        return state

    def _start(self, state: State, archive: Archive, base: Path) -> None:
        network = Network(state.network)
        network.make(len(state.hosts))
        hosts = self._hosts(state)
        addresses = {host.name: host.address for host in hosts}
        self.keys.make(addresses)
        if not _alive(state, _PACKAGES):
            start_packages(
                archive,
                network.gateway,
                cache_root() / f"packages-{self.name}",
                self.directory / _PACKAGES,
                self._record(state, _PACKAGES),
            )
        for host in hosts:
            if not _alive(state, host.name):
                host.prepare(base, self.keys.host_files(host.name, addresses))
                self._start_host(state, host)
        for host in hosts:
            host.wait(state.processes[host.name])
        write_inventory(self.name, addresses, self.keys.ssh_config)

    def down(self) -> bool:
        """End all of its processes and delete its files. Return whether there was a cluster.

        The cache (images, kernel, packages, wheels) stays.
        """
        check_machine()
        if not self.directory.exists():
            return False
        with self._state() as state:
            if state is not None:
                for process in state.processes.values():
                    process.kill()
                Network(state.network).remove()
            remove_inventory(self.name)
            shutil.rmtree(self.directory)
        return True

    def status(self) -> State | None:
        """Return its state, or None if it is not running."""
        return State.read(self._state_file)

    def hosts(self) -> list[Host]:
        """Return its hosts. Raise HeirloomError if it is not running."""
        return self._hosts(self._known(self.status()))

    def host(self, name: str) -> Host:
        """Return the host with this name. Raise HeirloomError if there is none."""
        for host in self.hosts():
            if host.name == name:
                return host
        known = ", ".join(self._known(self.status()).hosts)
        raise HeirloomError(f"unknown host {name}: the cluster {self.name} has {known}")

    def is_running(self, name: str) -> bool:
        """Return whether a host is on."""
        return _alive(self._known(self.status()), self.host(name).name)

    def start(self, name: str) -> None:
        """Start a host if it is off, and wait until it answers SSH."""
        with self._state() as current:
            state = self._known(current)
            host = self.host(name)
            if not _alive(state, name):
                self._start_host(state, host)
            host.wait(state.processes[name])

    def stop(self, name: str) -> None:
        """Shut a host down with `systemctl poweroff`."""
        self.host(name).stop(self._process(name))

    def power_cut(self, name: str) -> None:
        """Kill a host. Data that it had not written to its disk is lost."""
        self._process(name).kill()

    def reboot(self, name: str) -> None:
        """Reboot a host with `systemctl reboot`, and wait until it answers SSH."""
        host, process = self.host(name), self._process(name)
        before = host.boot_id()
        if before is None:
            raise HeirloomError(f"{name} does not answer: start it or heal its network first")
        # The connection may end before the command does. The wait below checks for a new boot.
        host.ssh(["systemctl", "reboot", "--no-block"], check=False)
        host.wait(process, after=before)

    def cut(self, name: str) -> None:
        """Disconnect the network of a host."""
        host = self.host(name)
        host.network.connect(host.index, connected=False)

    def heal(self, name: str) -> None:
        """Connect the network of a host again."""
        host = self.host(name)
        host.network.connect(host.index, connected=True)

    @property
    def _state_file(self) -> Path:
        return self.directory / "state.json"

    @contextmanager
    def _state(self) -> Iterator[State | None]:
        """Yield the state, with an exclusive lock on it."""
        self.directory.parent.mkdir(exist_ok=True)
        with locked(self.directory.with_suffix(".lock")):
            yield self.status()

    def _known(self, state: State | None) -> State:
        if state is None:
            raise HeirloomError(f"the cluster {self.name} is not running: python -m testbed up")
        return state

    def _hosts(self, state: State) -> list[Host]:
        network = Network(state.network)
        return [
            Host(name, index, self.directory / name, network, self.keys.ssh_config)
            for index, name in enumerate(state.hosts, 1)
        ]

    def _process(self, name: str) -> Process:
        """Return the process of a host. Raise HeirloomError if the host is off."""
        state = self._known(self.status())
        if not _alive(state, self.host(name).name):
            raise HeirloomError(f"{name} is off: python -m testbed start {name}")
        return state.processes[name]

    def _start_host(self, state: State, host: Host) -> None:
        kernel = Kernel(Path(state.kernel))
        shared = {name: Path(path) for name, path in state.shared.items()}
        host.start(kernel, state.memory, shared, self._record(state, host.name))

    def _record(self, state: State, name: str) -> Callable[[Process], None]:
        def record(process: Process) -> None:
            state.processes[name] = process
            state.write(self._state_file)

        return record


def _alive(state: State, name: str) -> bool:
    return name in state.processes and state.processes[name].alive
