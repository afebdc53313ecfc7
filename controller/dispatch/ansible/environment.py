"""Where the programs and playbooks of Ansible are, and the environment that they run in."""

from __future__ import annotations

import contextlib
import os
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from controller.dispatch.ansible import pinned
from controller.state.errors import cannot_write
from controller.state.home import Home

# The wheel carries ansible.cfg, site.yml, inventory, playbooks and roles beside this file. In the
# repository they are at its top.
_PACKAGED = Path(__file__).resolve().parent / "content"
ROOT = _PACKAGED if _PACKAGED.is_dir() else Path(__file__).resolve().parents[3]
PLAYBOOKS = ROOT / "playbooks"
DEFAULT_INVENTORY = ROOT / "inventory" / "hosts.yml"  # this machine alone; no message names it

# Besides Ansible's own. No others are passed on, because ansible-runner writes the environment of a
# run to disk.
_KEPT = frozenset({"HOME", "USER", "LOGNAME", "TMPDIR", "TZ", "SSH_AUTH_SOCK", "KRB5CCNAME"})
_DROPPED = "ANSIBLE_CALLBACK_PLUGINS"  # such a plugin runs without being enabled
# Ansible expands variables in paths ($HOME) and renders templates in values of variables.
_CHANGED = re.compile(r"\$|\{[{%#]")
_PYTHON = ("PYTHONHOME", "PYTHONWARNINGS")  # for the user's Python, not for that of Ansible


def program(name: str) -> str:
    """The path of a program of Ansible beside this interpreter; else its name, for PATH."""
    beside = Path(sys.executable).parent / name
    return str(beside) if beside.exists() else name


def terminal_environment(ours: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The environment of an Ansible program that runs in the user's terminal.

    What the user's variables and ANSIBLE_CONFIG say holds, except for what the roles rely on.
    Raises HomeError where Ansible has no directory to write to.
    """
    kept = {name: text for name, text in ours.items() if name not in _PYTHON}
    return {**_defaults(ours), **kept, **pinned.always(ours, ROOT), **_fixed(ours)}


def environment(ours: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The environment of an Ansible program that runs in the background.

    PATH begins with the directory of this interpreter, so that no virtual environment needs to be
    active. The user's `ANSIBLE_…` variables are kept, except for what Heirloom relies on. Raises
    HomeError where Ansible has no directory to write to.
    """
    kept = {
        name: text
        for name, text in ours.items()
        if name in _KEPT or (name.startswith("ANSIBLE_") and name != _DROPPED)
    }
    return {
        **_defaults(ours),
        "ANSIBLE_HOST_KEY_CHECKING": "True",  # ansible-runner disables it by default
        **kept,
        **pinned.always(ours, ROOT),
        **pinned.unattended(),
        **_fixed(ours),
    }


def _defaults(ours: Mapping[str, str]) -> dict[str, str]:
    defaults = {"ANSIBLE_CONFIG": str(ROOT / "ansible.cfg")}
    if "ANSIBLE_HOME" not in ours and not _is_usable(ours.get("HOME", "~")):
        path = Home.of_user().path / "ansible"
        try:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise cannot_write(path, error) from None
        defaults["ANSIBLE_HOME"] = str(path)
    return defaults


def _is_usable(home: str) -> bool:
    """Whether Ansible can write below `home`, where it keeps temporary files and sockets of ssh."""
    try:
        path = Path(home).expanduser() / ".ansible"
        path.mkdir(mode=0o700, exist_ok=True)
    except (OSError, RuntimeError):  # RuntimeError: there is no home directory to expand
        return False
    return path.is_absolute() and os.access(path, os.W_OK | os.X_OK)


def _fixed(ours: Mapping[str, str]) -> dict[str, str]:
    beside = str(Path(sys.executable).parent)
    return {
        "PATH": os.pathsep.join((beside, ours.get("PATH") or os.defpath)),
        "LC_ALL": "C.UTF-8",  # Ansible refuses to start under any other encoding
    }


@contextlib.contextmanager
def unchanged(path: Path) -> Iterator[str]:
    """A path of a file or directory that Ansible does not change, as long as the context is open.

    It is the path itself, or one through a descriptor of its directory (proc_pid_fd(5)).
    """
    if not _CHANGED.search(str(path)):
        yield str(path)
        return
    is_plain_name = not _CHANGED.search(path.name)
    directory, name = (path.parent, f"/{path.name}") if is_plain_name else (path, "")
    descriptor = os.open(directory, os.O_PATH | os.O_CLOEXEC)
    try:
        yield f"/proc/{os.getpid()}/fd/{descriptor}{name}"
    finally:
        os.close(descriptor)
