"""The experiments that exist."""

from __future__ import annotations

from .command import call_json
from .experiment import Experiment, Rows


def load(name: str) -> Experiment:
    """The experiment of a name. Raises ClientError if there is none, or it cannot be read."""
    call_json("status", name)
    return Experiment(name)


def experiments() -> Rows:
    """All experiments, as `heirloom status --json` prints them."""
    found: Rows = call_json("status")
    return found
