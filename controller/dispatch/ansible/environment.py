"""Where the programs and playbooks of Ansible are, and the environment that they run in."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

# The wheel carries ansible.cfg, site.yml, inventory, playbooks and roles beside this file. In the
# repository they are at its top.
_PACKAGED = Path(__file__).resolve().parent / "content"
ROOT = _PACKAGED if _PACKAGED.is_dir() else Path(__file__).resolve().parents[3]
PLAYBOOKS = ROOT / "playbooks"

# Everything else stays behind: ansible-runner writes the environment of a run to disk.
_KEPT = frozenset({"HOME", "USER", "LOGNAME", "TMPDIR", "TZ", "SSH_AUTH_SOCK", "KRB5CCNAME"})


def program(name: str) -> str:
    """A program of Ansible's: the one beside our interpreter, else the one on PATH."""
    beside = Path(sys.executable).parent / name
    return str(beside) if beside.exists() else name


def terminal_environment(ours: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Our environment, for an Ansible program that the user talks to.

    Settings of the user's come first: ANSIBLE_CONFIG, and an `ansible.cfg` that it names.
    """
    beside = str(Path(sys.executable).parent)
    return {
        "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
        **ours,
        "PATH": os.pathsep.join((beside, ours.get("PATH", os.defpath))),
        "LC_ALL": "C.UTF-8",  # Ansible refuses to start under any other encoding
    }


def environment(ours: Mapping[str, str] = os.environ) -> dict[str, str]:
    """What a program of Ansible gets of our environment.

    Ansible is found beside our own interpreter first, so that no virtual environment needs to be
    active. `ANSIBLE_…` settings of the user's hold here as they do for `ansible-playbook`.
    """
    kept = {name: text for name, text in ours.items() if name in _KEPT or name[:8] == "ANSIBLE_"}
    beside = str(Path(sys.executable).parent)
    defaults = {
        "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
        "ANSIBLE_HOST_KEY_CHECKING": "True",  # ansible-runner turns it off where nobody asks
    }
    return {
        **defaults,
        **kept,
        "PATH": os.pathsep.join((beside, ours.get("PATH", os.defpath))),
        "LC_ALL": "C.UTF-8",  # Ansible refuses to start under any other encoding
        "ANSIBLE_NOCOLOR": "True",
        "ANSIBLE_FORCE_COLOR": "False",
    }
