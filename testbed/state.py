"""What is written down of a cluster, so that another command finds it and can end it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from controller.errors import HeirloomError
from testbed.processes import Process


@dataclass(slots=True)
class State:
    """A cluster: how it was asked for, and the processes that are its own."""

    release: str
    network: int
    memory: int  # MiB a host
    hosts: list[str]
    kernel: str  # the directory of the kernel whose modules the hosts' disks have
    lent: dict[str, str]
    processes: dict[str, Process] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> State | None:
        """The state that is written there, or None. Raises HeirloomError for another format."""
        try:
            said = json.loads(path.read_text())
        except FileNotFoundError:
            return None
        except json.JSONDecodeError as error:
            raise HeirloomError(f"{path} is no JSON ({error}): remove it") from None
        try:
            processes = {
                name: Process(**process) for name, process in said.pop("processes").items()
            }
            return cls(**said, processes=processes)
        except (AttributeError, KeyError, TypeError):
            raise HeirloomError(
                f"{path} was written by another version of the testbed: end that cluster with it"
            ) from None

    def write(self, path: Path) -> None:
        """Write it in one rename."""
        fresh = path.with_suffix(".new")
        fresh.write_text(json.dumps(asdict(self), indent=1) + "\n")
        fresh.replace(path)
