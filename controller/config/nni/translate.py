"""From an NNI configuration to an experiment in Heirloom's own form."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from controller.config.document import Document, Place
from controller.config.experiment import slug
from controller.config.lookup import told
from controller.config.mistakes import ConfigError, Key, Mistake
from controller.config.nni import nni_config as readers
from controller.config.nni.algorithms import add_algorithms
from controller.config.nni.machines import add_inventory
from controller.config.nni.native import Native
from controller.config.nni.nni_config import NniConfig
from controller.config.nni.recognise import MODELS, Version
from controller.config.nni.v1 import V1

_PLATFORM: tuple[Key, ...] = (("trainingServicePlatform",), ("platform",))
NO_LIMIT = 99999  # trials: NNI 1.2's `maxTrialNum` where the file has none

# What sh takes as bash does; NNI gives the command to bash.
_PLAIN_COMMAND = re.compile(r"(?!source\b|\.\s)[\w\s./:@%+,=-]*")


def translated(document: Document, version: Version, base: Path) -> tuple[Document, list[Mistake]]:
    """The document in Heirloom's own form, and what is to be known of it.

    Paths that are relative are relative to `base`. Raises ConfigError where it has another form
    than NNI's of this version.
    """
    model = MODELS[version]
    try:
        file = model.model_validate(document.value)
    except ValidationError as error:
        mistakes = [one for found in error.errors() for one in told(found, document, model)]
        refused = [one for one in mistakes if one.key[-1:] in _PLATFORM]
        mistakes = refused or mistakes + document.mistakes  # another platform has other keys too
        raise ConfigError(sorted(mistakes, key=lambda mistake: mistake.line or 0)) from None
    said = readers.of_v1(file) if isinstance(file, V1) else readers.of_v2(file)
    native = Native()
    _translate(native, said, base)
    places = _places(document, native.named)
    mistakes = [document.mistake(key, words) for key, words in native.mistakes]
    new = Document(native.value, places, document.mistakes + mistakes, native.named)
    notes = [document.mistake(key, words) for key, words in native.notes]
    return new, sorted(notes, key=lambda note: note.line or 0)


def _translate(native: Native, said: NniConfig, base: Path) -> None:
    keys = said.keys
    if said.name is not None:
        native.put(("name",), slug(said.name), keys["name"])
    about = said.description or (said.name if said.name != native.value.get("name") else None)
    author = f"by {said.author}" if said.author else None
    description = ", ".join(filter(None, [about, author])) or None
    native.put(("description",), description, keys.get("description", keys["name"]))
    native.put(("objective",), "maximize", ("tuner",))  # its place in the order; set below
    if said.space is not None and said.space_file is not None:
        native.mistake(keys["space"], "give either searchSpace or searchSpaceFile, not both")
    elif said.space is not None:
        native.put(("search_space",), dict(said.space), keys["space"])
    native.put(("search_space_file",), said.space_file, keys["space_file"])
    add_algorithms(native, said)
    _add_trial(native, said, base)
    no_limit = NO_LIMIT if said.duration is None else None
    native.put(("budget", "trials"), said.trials or no_limit, keys["trials"])
    native.put(("budget", "duration"), _plain(said.duration), keys["duration"])
    native.put(("budget", "concurrency"), said.concurrency, keys["concurrency"])
    native.put(("lookahead",), 0, keys["concurrency"])  # NNI proposes what it can start
    if "inventory" not in said.heirloom:
        add_inventory(native, said, base)
    _note_what_has_no_counterpart(native, said)
    native.overlay(said.heirloom, ("heirloom",))


def _add_trial(native: Native, said: NniConfig, base: Path) -> None:
    keys = said.keys
    command: Any = said.command
    if command is None:
        native.mistake((), f"missing: {keys['command'][-1]}, the command that runs a trial")
    elif not _PLAIN_COMMAND.fullmatch(command):
        command = ["bash", "-c", command]
    native.put(("trial", "command"), command, keys["command"])
    native.put(("trial", "code_dir"), said.code_dir, keys["code_dir"])
    native.put(("trial", "gpus"), said.gpus or None, keys["gpus"])
    native.put(("trial", "timeout"), _plain(said.trial_duration), keys.get("trial_duration", ()))
    native.put(("trial", "value"), "optional", keys["command"])
    native.put(("trial", "workdir"), "copy", keys["command"])
    tuner = said.algorithm("tuner")
    directory = tuner.args.get("save_dir_root") if tuner else None
    if isinstance(directory, str) and directory.startswith("/"):
        source: Key = ("tuner", "classArgs", "save_dir_root")
        native.put(("trial", "writable"), [directory], source)
    code_dir = base / said.code_dir
    if (code_dir / ".nniignore").exists() and not (code_dir / ".heirloomignore").exists():
        words = "the file .nniignore there is not read: copy it to .heirloomignore"
        native.note(keys["code_dir"], words)


def _note_what_has_no_counterpart(native: Native, said: NniConfig) -> None:
    if said.harmless:
        first, *others = said.harmless
        also = f" (and {', '.join(str(key[-1]) for key in others)})" if others else ""
        native.note(first, f"has no counterpart here and needs none{also}")
    if said.place is not None:
        words = "is not used: files are kept under HEIRLOOM_HOME, weights on the store"
        native.note(said.place, words)
    if said.storage:
        native.note(
            said.keys["storage"],
            "is not used: trials write to Heirloom's store, which `heirloom: {store: PATH}` names",
        )


def _plain(seconds: float | None) -> float | None:
    return int(seconds) if seconds is not None and seconds == int(seconds) else seconds


def _places(document: Document, named: Mapping[Key, Key]) -> dict[Key, Place]:
    """Where the parts of the new document stand in the file."""
    places: dict[Key, Place] = {(): document.place(())}
    for key, source in named.items():
        places[key] = document.place(source)
        for inner, place in document.places.items():
            if len(inner) > len(source) and inner[: len(source)] == source:
                places.setdefault((*key, *inner[len(source) :]), place)
    return places
