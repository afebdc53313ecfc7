"""Where a trial's process starts: in the snapshot, or in a copy of it that it may write to."""

from __future__ import annotations

import os
import shutil

from ..spec import Spec
from .environment import pycache


def make(spec: Spec) -> None:
    """Make the copy where the attempt has one, and what else is to be writable. Raises OSError."""
    if spec.code is not None and spec.workdir == "copy":
        _copy(f"{spec.root}/{spec.code}", spec.working_directory)
    for path in spec.writable:
        try:
            os.makedirs(path, exist_ok=True)
        except OSError as error:
            words = f"{error.strerror} (trial.writable of the experiment names it)"
            raise OSError(error.errno, words, path) from None


def forget_bytecode(spec: Spec, run_dir: str) -> None:
    """Remove what Python compiled of a copy: nobody else will run that."""
    if spec.code is not None and spec.workdir == "copy":
        kept = pycache(spec, run_dir) + os.path.realpath(spec.working_directory)
        shutil.rmtree(kept, ignore_errors=True)


def _copy(source: str, target: str) -> None:
    """Copy a tree without its modes, for a snapshot is read-only. Programs stay programs."""
    os.mkdir(target)
    with os.scandir(source) as entries:
        for entry in entries:
            path = f"{target}/{entry.name}"
            if entry.is_symlink():
                os.symlink(os.readlink(entry.path), path)
            elif entry.is_dir():
                _copy(entry.path, path)
            else:
                shutil.copyfile(entry.path, path)
                mode = entry.stat().st_mode
                if mode & 0o100:
                    os.chmod(path, mode | 0o200)
