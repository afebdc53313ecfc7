"""Translates annotations in the trial's code (`useAnnotation`) to a search space."""

from __future__ import annotations

from pathlib import Path

from controller.config.mistakes import Key, Mistake
from controller.config.nni.draft import Draft
from controller.config.nni.nni_config import NniConfig
from heirloom.space.annotations import search_space

EXPAND = "python3 -m heirloom.space.expand"  # runs in a trial's own copy of the code
_KEY: Key = ("useAnnotation",)


def add_annotations(draft: Draft, config: NniConfig, base: Path) -> None:
    """Set the search space that the annotations describe."""
    if config.space is not None or config.space_file is not None:
        name = config.keys["space" if config.space is not None else "space_file"]
        text = (
            f"the search space is in {name[-1]}, and cannot be in annotations too: remove that "
            "key, or set false if the code calls nni.get_next_parameter()"
        )
        draft.mistake(_KEY, text)
        return
    try:
        directory = base / Path(config.code_dir).expanduser()
    except RuntimeError:  # `~user` of an unknown user
        directory = Path(config.code_dir)
    if not directory.is_dir():
        text = f"annotations cannot be read: {directory} is not a directory"
        draft.mistake(_KEY, text, config.keys["code_dir"])
        return
    space, mistakes = search_space(directory)
    draft.other_files += [Mistake(path, line, (), text) for path, line, text in mistakes]
    if space:
        draft.put(("search_space",), space, _KEY)
        draft.note(_KEY, "each trial's own copy of the code is edited to take the values")
    elif not mistakes:
        text = (
            f"no annotations are in the Python files of {directory}: add some, or write the search "
            "space to a file"
        )
        draft.mistake(_KEY, text)
