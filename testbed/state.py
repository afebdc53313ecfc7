"""The state file of a cluster, through which later commands find its processes."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from controller.errors import HeirloomError
from testbed.processes import Process


@dataclass(slots=True)
class State:
    """The parameters of a cluster and its processes."""

    release: str
    network: int
    memory: int  # MiB for each host
    hosts: list[str]
    kernel: str  # directory of the kernel whose modules are on the disks
    shared: dict[str, str]  # directories of this machine that hosts mount, by name
    processes: dict[str, Process] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> State | None:
        """Read the state file, or return None if it is absent. Raises HeirloomError if invalid."""
        try:
            data = json.loads(path.read_text())
        except FileNotFoundError:
            return None
        except json.JSONDecodeError as error:
            raise HeirloomError(f"{path}: invalid JSON ({error}): delete the file") from None
        try:
            processes = {
                name: Process(**process) for name, process in data.pop("processes").items()
            }
            return cls(**data, processes=processes)
        except (AttributeError, KeyError, TypeError):
            raise HeirloomError(
                f"{path} has the format of another version of the testbed: stop the cluster "
                "with that version"
            ) from None

    def write(self, path: Path) -> None:
        """Write the file atomically, with a rename."""
        draft = path.with_suffix(".new")
        draft.write_text(json.dumps(asdict(self), indent=1) + "\n")
        draft.replace(path)
