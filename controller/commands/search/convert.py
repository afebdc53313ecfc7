"""`heirloom convert`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def convert(
    file: Annotated[Path, typer.Argument(help="The NNI configuration (YAML).", metavar="FILE")],
) -> None:
    """Print an NNI configuration as an experiment file.

    Comments name what has no counterpart. Save the output beside FILE, because its paths are
    relative to FILE's directory.
    """
    from controller.config.nni.convert import convert

    print(convert(file), end="")  # noqa: T201 - for a file
