"""Where on a node prepared directories are: on its own disk, in a directory of the trials' user."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from typing import Optional

from ...store.os_errors import describe
from ..attempt_ended import AttemptEnded
from ..inspect.mounts import NETWORK, find_mount
from ..spec import Spec

_DEFAULT = "~/.cache/heirloom"


def digest(spec: Spec) -> str:
    """The digest of what a preparation depends on: the code, the command, and the environment.

    The values of passed variables are no part of it: they may be secrets.
    """
    command = spec.prepare["command"] if spec.prepare else None
    text = json.dumps([spec.code, command, dict(spec.environment)], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def find(chosen: Optional[str], node: str) -> str:
    """Create the directory that holds this user's prepared directories, and return its path.

    `chosen` is the node's `heirloom_node_dir`. Raises AttemptEnded if it cannot be used.
    """
    base = chosen or os.path.expanduser(_DEFAULT)
    advice = f"set heirloom_node_dir of {node} in the inventory to a directory on its own disk"
    path = f"{base}/{os.geteuid()}"
    try:
        os.makedirs(base, exist_ok=True)
        with contextlib.suppress(FileExistsError):
            os.mkdir(path, 0o700)
        mount = find_mount(os.path.realpath(path))
    except OSError as error:
        reason = f"the node cannot be prepared: {describe(error)}: {advice}"
        raise AttemptEnded("refused", reason) from None
    if mount is not None and mount["type"] in NETWORK:
        reason = f"{base} is on a network file system ({mount['type']}): {advice}"
        raise AttemptEnded("refused", reason)
    return path
