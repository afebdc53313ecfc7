"""The common base class of tuners and assessors: a directory for checkpoints."""

from __future__ import annotations

import os
from typing import Optional


class Recoverable:
    """A base class for objects whose state can be saved and loaded again."""

    def load_checkpoint(self) -> None:
        """Load the state that `save_checkpoint` saved. Does nothing by default."""

    def save_checkpoint(self) -> None:
        """Save the state in `get_checkpoint_path()`. Does nothing by default."""

    def get_checkpoint_path(self) -> Optional[str]:
        """The directory for checkpoints; None if there is none."""
        path = os.environ.get("NNI_CHECKPOINT_DIRECTORY")
        return path if path is not None and os.path.isdir(path) else None
