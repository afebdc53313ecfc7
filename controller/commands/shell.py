"""What commands need of the shell that starts them: UTF-8, and a current directory."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from controller.errors import HeirloomError, reason


def prepare() -> None:
    """Run this process in UTF-8, whatever the locale's encoding is, and check the directory.

    Files of Heirloom, of its users and of nodes are in UTF-8. The process is started again where
    Python has chosen another encoding (PEP 540). Raises HeirloomError.
    """
    if sys.getfilesystemencoding() != "utf-8":
        sys.stdout.flush()
        os.execv(sys.executable, [sys.executable, "-X", "utf8", *sys.orig_argv[1:]])  # noqa: S606 - no shell is wanted
    try:
        Path.cwd()
    except OSError as error:
        raise HeirloomError(
            f"the current directory cannot be used: {reason(error)}: change to another one"
        ) from None
