"""An NNI configuration as text in Heirloom's own form."""

from __future__ import annotations

from pathlib import Path

import yaml

from controller.config import load
from controller.config.document import read
from controller.config.load import native
from controller.config.nni.recognise import version_of
from controller.errors import HeirloomError
from controller.formats import command


def convert(file: Path) -> str:
    """YAML that says what the file says, with a comment for what is to be known of it.

    It is to stand beside the file, since its paths are relative. Raises HeirloomError where the
    file is no NNI configuration, or a wrong one.
    """
    document = read(file)
    version = version_of(document.value)
    if version is None:
        raise HeirloomError(
            f"{file}: this is no NNI configuration: "
            f"`{command('check', str(file))}` says whether it can run"
        )
    load(file)  # its mistakes come first
    experiment, notes = native(document, file.absolute().parent)
    lines = [
        f"# {file.name}, an NNI configuration ({version}), in Heirloom's own form. Keep it beside "
        "that file: its paths are relative.",
        *(f"# Line {note.line}: {'.'.join(map(str, note.key))}: {note.words}" for note in notes),
    ]
    said = yaml.safe_dump(experiment.value, sort_keys=False, allow_unicode=True, width=100)
    return "\n".join([*lines, said])
