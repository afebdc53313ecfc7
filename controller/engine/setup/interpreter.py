"""Which Python trials on this machine, and a user's own tuner, run in."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from controller import config as configs
from controller.core import events as e
from controller.dispatch.ansible.inventory import Inventory, Node
from controller.errors import HeirloomError, reason

OLDEST = (3, 9)
CONFIGURED = "trial.python"
INVENTORY = "heirloom_python"
_OWN = "Heirloom's own"
_ENVIRONMENTS = ("VIRTUAL_ENV", "CONDA_PREFIX")
_TIMEOUT = 30.0  # seconds that an interpreter may take to print its version
_PRINT_VERSION = "import sys; print('%d.%d.%d' % sys.version_info[:3])"


class InterpreterError(HeirloomError):
    """There is no Python that trials could run in."""


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A Python, and what named it: a key, a variable, or Heirloom itself."""

    path: str
    source: str = _OWN

    @property
    def is_own(self) -> bool:
        """Whether no setting named it, so that it is the one that runs the controller."""
        return self.source == _OWN

    def version(self) -> str:
        """Its version, such as `3.11.2`, as it prints it itself.

        Raises InterpreterError when it is missing, is no Python, or is older than OLDEST.
        """
        if self.path == sys.executable:
            return ".".join(map(str, sys.version_info[:3]))
        where = f"{self.path} (from {self.source})"
        try:
            done = subprocess.run(
                [self.path, "-S", "-E", "-c", _PRINT_VERSION],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                encoding="utf-8",
                errors="replace",
                timeout=_TIMEOUT,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise InterpreterError(
                f"{where} did not print its version within {_TIMEOUT:.0f} s: name another Python"
            ) from None
        except OSError as error:
            raise InterpreterError(
                f"{where} cannot be run: {reason(error)}: correct {self.source}"
            ) from None
        version = done.stdout.strip()
        numbers = version.split(".")
        if done.returncode or len(numbers) != 3 or not all(map(str.isdecimal, numbers)):
            raise InterpreterError(f"{where} is not a Python: correct {self.source}")
        if tuple(map(int, numbers[:2])) < OLDEST:
            needed = ".".join(map(str, OLDEST))
            raise InterpreterError(
                f"{where} is Python {version}, and trials need {needed} or newer: name another one"
            )
        return version


def choose(
    configured: Path | None = None, environment: Mapping[str, str] = os.environ
) -> Interpreter:
    """The Python of an experiment on this machine: `configured`, else the active environment's.

    An active environment that is the controller's own counts, and means the controller's Python.
    """
    if configured is not None:
        return Interpreter(str(configured), CONFIGURED)
    for name in _ENVIRONMENTS:
        if prefix := environment.get(name):
            if os.path.realpath(prefix) == os.path.realpath(sys.prefix):
                break
            return Interpreter(str(Path(prefix).expanduser().absolute() / "bin" / "python"), name)
    return Interpreter(sys.executable)


def chosen_for(inventory: Inventory, config: configs.Experiment) -> Interpreter:
    """The Python of a new experiment.

    `trial.python` is a path on the nodes. Where none of them is this machine it may be missing
    here, and then the active environment's Python is the tuner's.
    """
    configured = config.trial.python
    if configured is not None and not any(node.is_local for node in inventory.nodes):
        configured = configured if configured.exists() else None
    return choose(configured)


def journaled(created: e.Created) -> tuple[Interpreter, str]:
    """The Python that the experiment was created with, and a note where another replaces it.

    Raises InterpreterError when it is gone and no environment is active that could replace it.
    """
    if not created.python:  # journals of versions that knew no other
        return Interpreter(sys.executable), ""
    before = Interpreter(created.python, created.python_from)
    if os.access(before.path, os.X_OK):
        return before, ""
    found = choose()
    gone = f"the Python of this experiment, {before.path} (from {before.source}), is gone"
    if found.is_own and not before.is_own:
        raise InterpreterError(
            f"{gone}: create that environment again, or activate the one that trials are to use"
        )
    return found, f"{gone}: trials use {found.path} (from {found.source})"


def apply(inventory: Inventory, python: Interpreter, configured: Path | None) -> Inventory:
    """The inventory with the Python that trials find on each node.

    A node's own `heirloom_python` comes first. This machine gets `python`; other nodes get
    `configured`, and without it they keep what is on their PATH.
    """

    def of(node: Node) -> str | None:
        if node.python is not None:
            return node.python
        if node.is_local:
            return python.path
        return None if configured is None else str(configured)

    nodes = tuple(replace(node, python=of(node)) for node in inventory.nodes)
    return replace(inventory, nodes=nodes)


def on_this_machine(nodes: Iterable[Node], python: Interpreter) -> list[Interpreter]:
    """Every Python that trials on this machine find, each once. `nodes` are those of `apply`."""
    found = {
        node.python: python
        if node.python == python.path
        else Interpreter(node.python, f"{INVENTORY} of {node.name}")
        for node in nodes
        if node.is_local and node.python is not None
    }
    return list(found.values())


def of_tuner(config: configs.Experiment, python: Interpreter) -> Interpreter:
    """The Python that the tuner's process runs in: `python` for classes of the user's own."""
    assessor = config.assessor
    own = config.tuner.class_ is not None or (assessor is not None and assessor.class_ is not None)
    return python if own else Interpreter(sys.executable)
