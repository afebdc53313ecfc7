"""Send mail: the messages in which supervisors tell the controller what happened.

Mail only makes the controller react sooner. Manifests decide how a trial ended.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from .atomic_write import replace_on_store
from .files import Files


def file_name(message: Mapping[str, Any]) -> str:
    """The file name of a message. A message that is sent twice has the same name both times."""
    return f"{message['attempt']}.{message['kind']}.json"


def send(files: Files, root: str, message: Mapping[str, Any]) -> None:
    """Put a message into `mail/new`, complete and durable. Raises OSError; then send it again."""
    name = file_name(message)
    data = json.dumps({"format": 1, **message}).encode() + b"\n"
    replace_on_store(files, f"{root}/mail/tmp/{name}", f"{root}/mail/new/{name}", data)
