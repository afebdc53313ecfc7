"""The inventory of a cluster, for `ansible-playbook -i inventory/NAME site.yml`."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Mapping
from pathlib import Path

import yaml

from testbed.cache import REPOSITORY

_HEAD = "# Written by `python -m testbed up`; gone after `python -m testbed down`.\n"
_SLOTS = 2
_VENV = "/opt/trials"


def inventory_directory(name: str) -> Path:
    """Where the inventory of the cluster with this name is."""
    return REPOSITORY / "inventory" / name


def write_inventory(name: str, addresses: Mapping[str, str], ssh_config: Path) -> Path:
    """Write it and return its directory. The first host is server, node and controller at once."""
    hosts = {
        host: {"ansible_host": address, "heirloom_slots": _SLOTS}
        for host, address in addresses.items()
    }
    first = dict.fromkeys(list(addresses)[:1])
    inventory = {
        "all": {
            "vars": {
                "ansible_user": "root",
                # A host, as controller, has SSH set up by the roles.
                "ansible_ssh_common_args": (
                    f"{{{{ '-F {shlex.quote(str(ssh_config))}' "
                    f"if '{ssh_config}' is file else '' }}}}"
                ),
                # What trials of the digits example import.
                "trial_node_requirements": (
                    "{{ inventory_dir }}/../../examples/digits/requirements.txt"
                ),
                "trial_node_venv": _VENV,
                "heirloom_python": f"{_VENV}/bin/python",
            }
        },
        "nfs_server": {"hosts": dict(first)},
        "controllers": {"hosts": dict(first)},
        "trial_nodes": {"hosts": hosts},
    }
    directory = inventory_directory(name)
    directory.mkdir(exist_ok=True)
    (directory / ".gitignore").write_text("*\n")
    text = yaml.safe_dump(inventory, sort_keys=False)
    (directory / "hosts.yml").write_text(f"---\n{_HEAD}{text}")
    return directory


def remove_inventory(name: str) -> None:
    """Take it away."""
    shutil.rmtree(inventory_directory(name), ignore_errors=True)
