"""A cluster of hosts: up, down, and each host by name."""

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
DEFAULT_MEMORY = 768  # MiB a host
_PACKAGES = "apt-cacher-ng"
_MOST_HOSTS = 9


@dataclass(frozen=True, slots=True)
class Cluster:
    """The cluster with this name. All there is of it lies under `directory`."""

    name: str = DEFAULT_NAME

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-z][a-z0-9-]{0,30}", self.name):
            raise HeirloomError(
                f"{self.name!r} is no name for a cluster: use small letters, digits and hyphens"
            )

    @property
    def directory(self) -> Path:
        """Its state, its keys, and a directory for each host."""
        return cache_root() / "clusters" / self.name

    @property
    def keys(self) -> Keys:
        """Its SSH keys."""
        return Keys(self.directory / "ssh")

    @property
    def inventory(self) -> Path:
        """Its inventory's directory."""
        return inventory_directory(self.name)

    def up(
        self, release: str = DEFAULT_RELEASE, hosts: int = 3, memory: int = DEFAULT_MEMORY
    ) -> State:
        """Have its hosts run and answer SSH; what is there already stays as it is.

        Args:
            release: the hosts' Debian release.
            hosts: how many.
            memory: of each, in MiB.

        Raises HeirloomError. What was started by then runs on, for another `up` or for `down`.
        """
        check_machine()
        if release not in PYTHONS:
            raise HeirloomError(f"{release}: the testbed has {' and '.join(PYTHONS)}")
        if not 1 <= hosts <= _MOST_HOSTS:
            raise HeirloomError(f"{hosts} hosts: ask for 1 to {_MOST_HOSTS}")
        with locked(cache_root() / "build.lock"):
            install_programs()
            archive = Archive.of_machine()
            kernel = fetch_kernel(archive)
            base = Image(release, kernel, archive).build()
            lent = {"heirloom": REPOSITORY, "wheels": fetch_wheels(release)}
        with self._state() as state:
            if state is None:
                state = self._new(release, hosts, memory, kernel, lent)
            elif (state.release, len(state.hosts), state.memory) != (release, hosts, memory):
                raise HeirloomError(
                    f"the cluster {self.name} is up with {len(state.hosts)} hosts of "
                    f"{state.release}, {state.memory} MiB each: take it down first "
                    "(python -m testbed down), or give another --name"
                )
            self._start(state, archive, base)
        return state

    def _new(
        self, release: str, hosts: int, memory: int, kernel: Kernel, lent: Mapping[str, Path]
    ) -> State:
        """Write a new cluster down, with a network of its own."""
        with locked(cache_root() / "network.lock"):
            network = free_network()
            names = [f"node{index}" for index in range(1, hosts + 1)]
            places = {name: str(path) for name, path in lent.items()}
            self.directory.mkdir(exist_ok=True)
            state = State(release, network.number, memory, names, str(kernel.root), places)
            state.write(self._state_file)
            network.make(hosts)
        return state

    def _start(self, state: State, archive: Archive, base: Path) -> None:
        network = Network(state.network)
        network.make(len(state.hosts))
        found = self._hosts(state)
        addresses = {host.name: host.address for host in found}
        self.keys.make(addresses)
        if not _alive(state, _PACKAGES):
            start_packages(
                archive,
                network.gateway,
                cache_root() / f"packages-{self.name}",
                self.directory / _PACKAGES,
                self._record(state, _PACKAGES),
            )
        for host in found:
            if not _alive(state, host.name):
                host.prepare(base, self.keys.host_files(host.name, addresses))
                self._switch_on(state, host)
        for host in found:
            host.wait(state.processes[host.name])
        write_inventory(self.name, addresses, self.keys.ssh_config)

    def down(self) -> bool:
        """End all of its processes and remove all of its files; whether there was anything.

        What is cached (images, kernel, packages, wheels) stays.
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
        """What is written down of it, or None where it is not up."""
        return State.read(self._state_file)

    def hosts(self) -> list[Host]:
        """Its hosts. Raises HeirloomError if it is not up."""
        return self._hosts(self._known(self.status()))

    def host(self, name: str) -> Host:
        """A host of it, by name. Raises HeirloomError if there is none."""
        for host in self.hosts():
            if host.name == name:
                return host
        raise HeirloomError(
            f"{name}: the cluster {self.name} has {', '.join(self._known(self.status()).hosts)}"
        )

    def is_running(self, name: str) -> bool:
        """Whether a host is switched on."""
        return _alive(self._known(self.status()), self.host(name).name)

    def start(self, name: str) -> None:
        """Switch a host on, unless it is, and wait until it answers."""
        with self._state() as found:
            state = self._known(found)
            host = self.host(name)
            if not _alive(state, name):
                self._switch_on(state, host)
            host.wait(state.processes[name])

    def stop(self, name: str) -> None:
        """Shut a host down, as an administrator would."""
        self.host(name).stop(self._process(name))

    def power_cut(self, name: str) -> None:
        """Take a host's power away: what it had not written to its disk is lost."""
        self._process(name).kill()

    def reboot(self, name: str) -> None:
        """Restart a host, as an administrator would, and wait until it answers again."""
        host, process = self.host(name), self._process(name)
        before = host.boot_id()
        if before is None:
            raise HeirloomError(f"{name} does not answer: heal its network or start it first")
        # Going down may end the connection before the command: the wait tells whether it restarted.
        host.ssh(["systemctl", "reboot", "--no-block"], check=False)
        host.wait(process, after=before)

    def cut(self, name: str) -> None:
        """Pull a host's network cable."""
        host = self.host(name)
        host.network.connect(host.index, connected=False)

    def heal(self, name: str) -> None:
        """Plug a host's network cable in again."""
        host = self.host(name)
        host.network.connect(host.index, connected=True)

    @property
    def _state_file(self) -> Path:
        return self.directory / "state.json"

    @contextmanager
    def _state(self) -> Iterator[State | None]:
        """The state, with nobody else at it."""
        self.directory.parent.mkdir(exist_ok=True)
        with locked(self.directory.with_suffix(".lock")):
            yield self.status()

    def _known(self, state: State | None) -> State:
        if state is None:
            raise HeirloomError(f"the cluster {self.name} is not up: python -m testbed up")
        return state

    def _hosts(self, state: State) -> list[Host]:
        network = Network(state.network)
        return [
            Host(name, index, self.directory / name, network, self.keys.ssh_config)
            for index, name in enumerate(state.hosts, 1)
        ]

    def _process(self, name: str) -> Process:
        """A host's process. Raises HeirloomError if the host is off."""
        state = self._known(self.status())
        if not _alive(state, self.host(name).name):
            raise HeirloomError(f"{name} is off: python -m testbed start {name}")
        return state.processes[name]

    def _switch_on(self, state: State, host: Host) -> None:
        kernel = Kernel(Path(state.kernel))
        lent = {name: Path(path) for name, path in state.lent.items()}
        host.start(kernel, state.memory, lent, self._record(state, host.name))

    def _record(self, state: State, name: str) -> Callable[[Process], None]:
        def record(process: Process) -> None:
            state.processes[name] = process
            state.write(self._state_file)

        return record


def _alive(state: State, name: str) -> bool:
    return name in state.processes and state.processes[name].alive
