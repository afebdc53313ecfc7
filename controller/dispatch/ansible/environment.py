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

# Nothing else is passed on, because ansible-runner writes the environment of a run to disk.
_KEPT = frozenset({"HOME", "USER", "LOGNAME", "TMPDIR", "TZ", "SSH_AUTH_SOCK", "KRB5CCNAME"})


def program(name: str) -> str:
    """The path of a program of Ansible beside this interpreter; else its name, for PATH."""
    beside = Path(sys.executable).parent / name
    return str(beside) if beside.exists() else name


def terminal_environment(ours: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The environment of an Ansible program that runs in the user's terminal.

    The user's ANSIBLE_CONFIG takes precedence over Heirloom's.
    """
    beside = str(Path(sys.executable).parent)
    return {
        "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
        **ours,
        "PATH": os.pathsep.join((beside, ours.get("PATH", os.defpath))),
        "LC_ALL": "C.UTF-8",  # Ansible refuses to start under any other encoding
    }


def environment(ours: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The environment of an Ansible program that runs in the background.

    PATH begins with the directory of this interpreter, so that no virtual environment needs to be
    active. The user's `ANSIBLE_…` variables are kept.
    """
    kept = {name: text for name, text in ours.items() if name in _KEPT or name[:8] == "ANSIBLE_"}
    beside = str(Path(sys.executable).parent)
    defaults = {
        "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
        "ANSIBLE_HOST_KEY_CHECKING": "True",  # ansible-runner disables it by default
    }
    return {
        **defaults,
        **kept,
        "PATH": os.pathsep.join((beside, ours.get("PATH", os.defpath))),
        "LC_ALL": "C.UTF-8",  # Ansible refuses to start under any other encoding
        "ANSIBLE_NOCOLOR": "True",
        "ANSIBLE_FORCE_COLOR": "False",
    }
