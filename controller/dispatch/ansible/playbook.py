"""Runs the playbooks that set a cluster up, with the terminal as theirs."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from controller.dispatch.ansible.environment import ROOT, program, terminal_environment
from controller.errors import HeirloomError, reason
from controller.formats import command

_PLAYBOOKS = {
    "site": "site.yml",
    "verify": "playbooks/verify.yml",
    "teardown": "playbooks/teardown.yml",
}
ACTIONS = ("verify", "teardown")


def run(name: str, inventory: str, options: Sequence[str]) -> NoReturn:
    """Replace this process by ansible-playbook, which runs one of the playbooks.

    Raises HeirloomError where ansible-playbook cannot be executed.
    """
    playbook = str(ROOT / _PLAYBOOKS[name])
    variables = json.dumps({"heirloom_command": command()})  # JSON: the text may hold spaces
    words = ["ansible-playbook", "-i", inventory, "-e", variables]
    sys.stdout.flush()
    try:
        os.execvpe(  # noqa: S606 - no shell is wanted
            program("ansible-playbook"), [*words, playbook, *options], terminal_environment()
        )
    except OSError as error:
        raise HeirloomError(
            f"ansible-playbook cannot be run: {reason(error)}: install Heirloom again, "
            "ansible-core belongs to it"
        ) from None
