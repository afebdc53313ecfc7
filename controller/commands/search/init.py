"""`heirloom init`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from controller.commands.output import say
from controller.errors import HeirloomError, reason
from controller.formats import command

_STARTER = Path(__file__).parent / "starter"
_FILES = ("experiment.yml", "train.py")


def init(
    directory: Annotated[
        Path, typer.Argument(help="Where to write it. Created where missing.", metavar="DIRECTORY")
    ] = Path(),
    torch: Annotated[
        bool, typer.Option("--torch", help="A PyTorch model, with weights in safetensors files.")
    ] = False,
) -> None:
    """Write a first experiment, which runs as it is: experiment.yml and train.py.

    No file is overwritten.
    """
    for name in _FILES:
        if (directory / name).exists():
            raise HeirloomError(
                f"{directory / name} exists, and is not overwritten: name another directory"
            )
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for name in _FILES:
            text = (_STARTER / ("torch" if torch else "plain") / name).read_text(encoding="utf-8")
            with (directory / name).open("x", encoding="utf-8") as file:
                file.write(text)
    except OSError as error:
        raise HeirloomError(
            f"{error.filename or directory} cannot be written: {reason(error)}"
        ) from None
    experiment = str(directory / _FILES[0])
    say(f"wrote {experiment} and {directory / _FILES[1]}")
    if torch:
        say("trials need torch and safetensors in the active environment or that of trial.python")
    say("next:")
    say(f"    {command('check', experiment, '--run')}")
    say(f"    {command('run', experiment)}")
