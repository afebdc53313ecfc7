"""Record on the store, once an experiment, which Python trials have on a node, and its packages.

A supervisor does that when the process of its attempt has ended, before it commits the weights: no
trial starts later for it, and no supervisor outlives its search.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys

from ...store.atomic_write import replace_file
from ..spec import Spec
from . import program

FORMAT = 1
DIRECTORY = "environments"  # in the experiment's directory on the store
_MODULE = "heirloom.node.inspect.packages"
_TIMEOUT = 20.0  # seconds, in which the attempt has no heartbeat


def file_name(node: str, python: str) -> str:
    """The name of the file for one interpreter of a node."""
    return hashlib.sha256(f"{node}\n{python}".encode()).hexdigest()[:16] + ".json"


def record(spec: Spec, threads: str) -> None:
    """Record the interpreter of an attempt, unless that was done or the store has no place for it.

    `threads` is what the trial's process found as OMP_NUM_THREADS. Raises OSError where the
    interpreter cannot be run or the store cannot be written, ValueError for invalid output.
    """
    python = spec.python or sys.executable
    directory = f"{spec.root}/{DIRECTORY}"
    path = f"{directory}/{file_name(spec.node, python)}"
    if not os.path.isdir(directory) or os.path.exists(path):
        return
    # Without the variables of Python (-E) and from the directory of the runtime, so that it finds
    # this version of the module; without bytecode (-B), since the runtime is read-only.
    printed = program.output(
        [python, "-E", "-B", "-m", _MODULE], _TIMEOUT, f"{spec.root}/{spec.runtime}"
    )
    found = {
        "format": FORMAT,
        "node": spec.node,
        "python": python,
        "threads": threads,
        **json.loads(printed),
    }
    replace_file(path, json.dumps(found).encode() + b"\n", mode=0o660)
