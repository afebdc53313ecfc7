"""The directory in which a trial's process starts: the code snapshot, or a writable copy of it."""

from __future__ import annotations

import os
import shutil

from ..spec import Spec
from .environment import pycache


def create(spec: Spec) -> None:
    """Copy the snapshot if the spec says so, and create the writable directories.

    Raises OSError.
    """
    if spec.code is not None and spec.workdir == "copy":
        copy_tree(f"{spec.root}/{spec.code}", spec.working_directory)
    for path in spec.writable:
        try:
            os.makedirs(path, exist_ok=True)
        except OSError as error:
            reason = f"{error.strerror} (trial.writable of the experiment names it)"
            raise OSError(error.errno, reason, path) from None


def remove_bytecode(spec: Spec, run_dir: str) -> None:
    """Remove the bytecode of the attempt's copy, which no other attempt can use."""
    if spec.code is not None and spec.workdir == "copy":
        bytecode = pycache(spec, run_dir) + os.path.realpath(spec.working_directory)
        shutil.rmtree(bytecode, ignore_errors=True)


def copy_tree(source: str, target: str) -> None:
    """Copy a tree without its modes, since a snapshot is read-only. Keep files executable.

    Raises OSError, also where `target` exists.
    """
    os.mkdir(target)
    with os.scandir(source) as entries:
        for entry in entries:
            path = f"{target}/{entry.name}"
            if entry.is_symlink():
                os.symlink(os.readlink(entry.path), path)
            elif entry.is_dir():
                copy_tree(entry.path, path)
            else:
                shutil.copyfile(entry.path, path)
                mode = entry.stat().st_mode
                if mode & 0o100:
                    os.chmod(path, mode | 0o200)
