"""`heirloom site`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from controller.errors import HeirloomError


def site(
    inventory: Annotated[
        str,
        typer.Option("-i", "--inventory", metavar="INVENTORY", help="The cluster's inventory."),
    ],
    arguments: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[verify|teardown] [-- OPTIONS]",
            help="What to do, and options of ansible-playbook.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Set a cluster up with Ansible, verify it, or take it down.

    `site -i INVENTORY` makes the hosts ready: one serves the store by NFS, the others mount it and
    get the trial user, slots and Python. A second run changes nothing.

    `site verify -i INVENTORY` writes and reads the store from every host, and prints speeds, clocks
    and ids.

    `site teardown -i INVENTORY` removes what was set up, after a question. Weights stay.

    OPTIONS go to ansible-playbook, for example `-- --check --diff`. The exit code is its own.
    """
    from controller.dispatch.ansible import playbook

    if "," not in inventory and not Path(inventory).expanduser().exists():
        raise HeirloomError(f"{inventory}: no such inventory: name one with -i")
    words = list(arguments or ())
    name = words.pop(0) if words and words[0] in playbook.ACTIONS else "site"
    playbook.run(name, inventory, words)
