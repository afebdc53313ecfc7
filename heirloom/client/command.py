"""The command `heirloom`: which program it is, and one call of it."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Any

_PACKAGES = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
_OLDEST = (3, 11)  # of the controller
# With one of these, programs write to a pipe as they do to a terminal.
_COLOURS = ("CLICOLOR_FORCE", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE")


class ClientError(Exception):
    """A command has failed. The text is what it says."""


def program() -> list[str]:
    """The words that start the command: that of this environment, else the one on PATH.

    Raises ClientError where there is none.
    """
    spec = importlib.util.find_spec("controller")
    origin = None if spec is None else spec.origin
    if sys.version_info >= _OLDEST and origin is not None:
        if os.path.dirname(os.path.dirname(os.path.abspath(origin))) == _PACKAGES:
            # -P: the working directory may hold a user's own controller.py.
            return [sys.executable, "-P", "-m", "controller"]
    found = shutil.which("heirloom")
    if found is None:
        raise ClientError(
            "the command heirloom was not found: install Heirloom into this environment, or put "
            "its command on PATH"
        )
    return [found]


def environment() -> Mapping[str, str]:
    """The variables of the command: those of this process, and where its package is.

    Its output has no colours, whatever this process wants: a notebook's kernel asks for them.
    """
    paths = [_PACKAGES, os.environ.get("PYTHONPATH", "")]
    kept = {name: value for name, value in os.environ.items() if name not in _COLOURS}
    return {**kept, "PYTHONPATH": os.pathsep.join(filter(None, paths))}


def call(*words: str) -> str:
    """Run a command to its end. Returns what it prints. Raises ClientError if it fails."""
    done = subprocess.run(
        [*program(), *words],
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    if done.returncode:
        raise ClientError(error_in(done.stderr, words))
    return done.stdout


def call_json(*words: str) -> Any:
    """As `call`, with `--json`. Returns the data."""
    return json.loads(call(*words, "--json"))


def error_in(text: str, words: Sequence[str]) -> str:
    """What a command said about its failure."""
    message = re.split(r"^error: ", text, flags=re.MULTILINE)[-1].strip()
    return message or f"heirloom {' '.join(words)} failed, and said nothing"
