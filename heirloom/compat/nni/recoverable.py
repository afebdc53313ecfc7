"""What tuners and assessors have in common: a directory for checkpoints."""

from __future__ import annotations

import os
from typing import Optional


class Recoverable:
    """Something whose state may be kept from one controller to the next."""

    def load_checkpoint(self) -> None:
        """Take up the state that `save_checkpoint` left. Does nothing by default."""

    def save_checkpoint(self) -> None:
        """Keep the state, below `get_checkpoint_path()`. Does nothing by default."""

    def get_checkpoint_path(self) -> Optional[str]:
        """The directory for checkpoints; None where there is none."""
        path = os.environ.get("NNI_CHECKPOINT_DIRECTORY")
        return path if path is not None and os.path.isdir(path) else None
