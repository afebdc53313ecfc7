"""Where a trial's weights come from and where they go to."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Optional, Union

from .errors import WeightsError

PathLike = Union[str, "os.PathLike[str]"]


def restore_paths(path: Union[PathLike, Sequence[PathLike], None]) -> list[Path]:
    """The paths given, or the trial's restore paths. Raises WeightsError for one that is absent."""
    if path is None:
        from .. import trial

        return list(trial.restore_paths)
    given = [path] if isinstance(path, (str, os.PathLike)) else path
    paths = [Path(found) for found in given]
    for found in paths:
        if not found.exists():
            raise WeightsError(f"there are no weights at {found}: no such file or directory")
    return paths


def save_path(path: Optional[PathLike]) -> Path:
    """The directory given, or the trial's save path. Raises WeightsError for a file."""
    if path is None:
        from .. import trial

        return trial.save_path
    found = Path(path)
    if found.exists() and not found.is_dir():
        raise WeightsError(f"{found} is a file: give the directory to save to")
    return found
