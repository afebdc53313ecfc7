"""Requests to end attempts, which their nodes find on the store within a second."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable

from controller.core.model import attempt_name
from controller.store.layout import Root
from heirloom.store.atomic_write import replace_on_store
from heirloom.store.files import Files

_MODE = 0o640  # the trial user, who is in the group, reads them
_log = logging.getLogger(__name__)


class EndRequests:
    """Writes requests for `heirloom.node.waiting.end_requests`. `now` is the wall clock.

    They only hurry: a wave carries each request too. So an error is logged and nothing else.
    """

    def __init__(self, root: Root, files: Files, now: Callable[[], float]) -> None:
        self._root, self._files = root, files
        self._value = int(now() * 1e6)  # differs from that of every earlier controller

    def send(self, trial: int, number: int, how: str, reason: str) -> None:
        """Request the end of an attempt, if its supervisor has made the attempt's directory."""
        self._value += 1
        request = json.dumps({"format": 1, "how": how, "reason": reason}).encode()
        try:
            self._replace(f"{self._root.attempt(trial, number)}/end", request)
            self._replace(f"{self._root.path}/ends", b"%d" % self._value)
        except FileNotFoundError:
            return
        except OSError as error:
            name = attempt_name(trial, number)
            _log.info("the end of %s is not requested on the store: %s", name, error)

    def _replace(self, path: str, data: bytes) -> None:
        replace_on_store(self._files, f"{path}.new", path, data, mode=_MODE)
