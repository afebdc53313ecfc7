"""Writes an NNI configuration in Heirloom's form."""

from __future__ import annotations

from pathlib import Path

from controller.config import load
from controller.config.document import read, scalars
from controller.config.load import to_heirloom
from controller.config.nni.schema.recognise import version_of
from controller.errors import HeirloomError
from controller.formats import command
from heirloom.space import expand, shorten

_EXPANDED = (
    "search_space: the tuner gets a list as {_type: choice, _value: LIST}. Give parameters of its "
    "own types as {_type: TYPE, _value: …}."
)


def convert(file: Path) -> str:
    """Return the experiment as YAML, with the notes as comments.

    Its paths are relative to the directory of the file. Raises HeirloomError if the file is not a
    valid NNI configuration.
    """
    document = read(file)
    version = version_of(document.value)
    if version is None:
        raise HeirloomError(
            f"{file}: not an NNI configuration: "
            f"`{command('check', str(file))}` says whether it can run"
        )
    space = load(file).search_space  # raises if there are mistakes
    experiment, notes = to_heirloom(document, file.absolute().parent)
    lines = [
        f"# {file.name}, an NNI configuration ({version}), in Heirloom's form. Keep it beside "
        "that file: its paths are relative.",
        *(f"# Line {note.line}: {'.'.join(map(str, note.key))}: {note.text}" for note in notes),
    ]
    if expand(space) != space:  # the space of a tuner of the user's own
        lines.append(f"# {_EXPANDED}")
    if "search_space" in experiment.value:
        experiment.value["search_space"] = shorten(experiment.value["search_space"])
    text = scalars.dump(experiment.value, width=100)
    return "\n".join([*lines, text])
