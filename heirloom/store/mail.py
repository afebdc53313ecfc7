"""The mailbox: how supervisors tell the controller what happened. Verdicts decide; mail hurries."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from .files import Files


def name(message: Mapping[str, Any]) -> str:
    """The file name of a message: the same for one sent twice."""
    return f"{message['attempt']}.{message['kind']}.json"


def send(files: Files, root: str, message: Mapping[str, Any]) -> None:
    """Put a message into `mail/new`, whole and durable. Raises OSError; then send it again."""
    called = name(message)
    draft = f"{root}/mail/tmp/{called}"
    data = json.dumps({"format": 1, **message}).encode() + b"\n"
    try:
        files.write(draft, data)
    except FileExistsError:  # left by a try that failed
        files.remove(draft)
        files.write(draft, data)
    files.rename(draft, f"{root}/mail/new/{called}")
    files.sync_dir(f"{root}/mail/new")
