"""The inventory of a cluster, for `ansible-playbook -i inventory/NAME site.yml`."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path

import yaml

from testbed.cache import REPOSITORY

_HEAD = "# Written by `python -m testbed up`, deleted by `python -m testbed down`.\n"
_SLOTS = 2
_VENV = "/opt/trials"


def inventory_directory(name: str) -> Path:
    """Return the directory of the inventory of a cluster."""
    return REPOSITORY / "inventory" / name


def write_inventory(name: str, addresses: Mapping[str, str], ssh_config: Path) -> Path:
    """Write the inventory and return its directory.

    The first host is NFS server, trial node and controller.
    """
    hosts = {
        host: {"ansible_host": address, "heirloom_slots": _SLOTS}
        for host, address in addresses.items()
    }
    first = dict.fromkeys(list(addresses)[:1])
    config = json.dumps(str(ssh_config), ensure_ascii=False)  # also a text of Jinja
    inventory = {
        "all": {
            "vars": {
                "ansible_user": "root",
                # On a controller host, this file does not exist: the roles set up SSH there.
                "ansible_ssh_common_args": (
                    f"{{{{ '-F ' ~ {config} | quote if {config} is file else '' }}}}"
                ),
                # The packages that the digits example imports.
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
    """Delete the inventory."""
    shutil.rmtree(inventory_directory(name), ignore_errors=True)
