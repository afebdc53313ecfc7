"""Translates an NNI configuration to Heirloom's form."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from controller.config.document import Document, Place
from controller.config.document.text_fields import carry_text
from controller.config.experiment import slug
from controller.config.mistakes import Key, Mistake
from controller.config.nni.algorithms import add_algorithms
from controller.config.nni.annotations import EXPAND, add_annotations
from controller.config.nni.draft import Draft
from controller.config.nni.machines import add_inventory
from controller.config.nni.nni_config import NniConfig
from controller.config.nni.schema.keys import canonical
from controller.config.nni.schema.recognise import MODELS, Version
from controller.config.nni.schema.valid import valid_part
from controller.config.passed import ALL

NO_LIMIT = 99999  # trials: the default of `maxTrialNum` in NNI 1.2

# Commands that sh runs as bash does. NNI runs the command with bash.
_PLAIN_COMMAND = re.compile(r"(?!source\b|\.\s)[\w\s./:@%+,=-]*")


def translate(document: Document, version: Version, base: Path) -> tuple[Document, list[Mistake]]:
    """Translate a document to Heirloom's form, with notes on what differs.

    Relative paths are relative to `base`. The mistakes of the document have those that make it
    invalid in NNI's form of this version; what is right is translated all the same.
    """
    model = MODELS[version]
    document = canonical(document, model)
    carry_text(document, model)
    file, mistakes, absent = valid_part(document, model)
    draft = Draft(absent)
    _translate(draft, file.to_config(), base)
    mistakes += [document.mistake(key, text) for key, text in draft.mistakes]
    mistakes += draft.other_files
    new = Document(
        draft.value,
        _places(document, draft.sources),
        document.mistakes + mistakes,
        {key: document.source(source) for key, source in draft.sources.items()},
        _texts(document, draft.sources),
        draft.unknown,
    )
    notes = [document.mistake(key, text) for key, text in draft.notes]
    return new, sorted(notes, key=lambda note: note.line or 0)


def _translate(draft: Draft, config: NniConfig, base: Path) -> None:
    keys = config.keys
    if config.name is not None:
        draft.put(("name",), slug(config.name), keys["name"])
    about = config.description or (config.name if config.name != draft.value.get("name") else None)
    author = f"by {config.author}" if config.author else None
    description = ", ".join(filter(None, [about, author])) or None
    draft.put(("description",), description, keys.get("description", keys["name"]))
    draft.put(("objective",), "maximize", ("tuner",))  # for its place in the order; set below
    if config.space is not None and config.space_file is not None:
        draft.mistake(keys["space"], "give either searchSpace or searchSpaceFile, not both")
    elif config.space is not None:
        draft.put(("search_space",), dict(config.space), keys["space"])
    draft.put(("search_space_file",), config.space_file, keys["space_file"])
    add_algorithms(draft, config)
    if config.annotations:
        add_annotations(draft, config, base)
    _require_space(draft, config)
    _add_trial(draft, config, base)
    no_limit = NO_LIMIT if config.duration is None else None
    draft.put(("budget", "trials"), config.trials or no_limit, keys["trials"])
    draft.put(("budget", "duration"), _without_fraction(config.duration), keys["duration"])
    draft.put(("budget", "concurrency"), config.concurrency, keys["concurrency"])
    draft.put(("lookahead",), 0, keys["concurrency"])  # NNI proposes only what it can start
    if "inventory" not in config.heirloom and not draft.is_absent(keys["platform"]):
        add_inventory(draft, config, base)
    _note_unused_keys(draft, config)
    draft.overlay(config.heirloom, ("heirloom",))


def _require_space(draft: Draft, config: NniConfig) -> None:
    """Report a missing search space, unless the tuner is the user's own."""
    space_keys = [config.keys[name] for name in ("space", "space_file") if name in config.keys]
    given = {"search_space", "search_space_file"} & (draft.value.keys() | config.heirloom.keys())
    if given:
        return
    if config.annotations or any(map(draft.is_absent, [*space_keys, ("useAnnotation",)])):
        draft.unknown.add(("search_space",))
    elif "class" not in draft.value.get("tuner", {}):
        names = " or ".join(str(key[-1]) for key in reversed(space_keys))
        draft.mistake((), f"missing: {names}, the search space")
        draft.unknown.add(("search_space",))


def _add_trial(draft: Draft, config: NniConfig, base: Path) -> None:
    keys = config.keys
    command: Any = config.command
    if command is None:
        text = f"missing: {keys['command'][-1]}, the command that runs a trial"
        draft.mistake((), text, keys["command"])
        command = "true"  # so that the other keys are checked too
    elif config.annotations:
        command = ["bash", "-c", f"{EXPAND} && {command}"]
    elif not _PLAIN_COMMAND.fullmatch(command):
        command = ["bash", "-c", command]
    draft.put(("trial", "command"), command, keys["command"])
    draft.put(("trial", "code_dir"), config.code_dir, keys["code_dir"])
    draft.put(("trial", "gpus"), config.gpus or None, keys["gpus"])
    draft.put(
        ("trial", "timeout"),
        _without_fraction(config.trial_duration),
        keys.get("trial_duration", ()),
    )
    draft.put(("trial", "value"), "optional", keys["command"])
    draft.put(("trial", "workdir"), "copy", keys["command"])
    if config.local is not None:
        draft.put(("trial", "pass_environment"), ALL, keys["command"])
    tuner = config.algorithm("tuner")
    directory = tuner.args.get("save_dir_root") if tuner else None
    if isinstance(directory, str) and directory.startswith("/"):
        source: Key = ("tuner", "classArgs", "save_dir_root")
        draft.put(("trial", "writable"), [directory], source)
    code_dir = base / config.code_dir
    if (code_dir / ".nniignore").exists() and not (code_dir / ".heirloomignore").exists():
        text = "the file .nniignore in it is not read: copy it to .heirloomignore"
        draft.note(keys["code_dir"], text)


def _note_unused_keys(draft: Draft, config: NniConfig) -> None:
    if config.unneeded:
        first, *others = config.unneeded
        also = f" (and {', '.join(str(key[-1]) for key in others)})" if others else ""
        draft.note(first, f"has no effect in Heirloom{also}")
    if config.directory_key is not None:
        text = "is not used: files are under HEIRLOOM_HOME, weights on the store"
        draft.note(config.directory_key, text)
    if config.has_shared_storage:
        draft.note(
            config.keys["shared_storage"],
            "is not used: trials write to Heirloom's store; set it by `heirloom: {store: PATH}`",
        )


def _without_fraction(seconds: float | None) -> float | None:
    return int(seconds) if seconds is not None and seconds == int(seconds) else seconds


def _places(document: Document, sources: Mapping[Key, Key]) -> dict[Key, Place]:
    """The places of the translated keys in the file."""
    places: dict[Key, Place] = {(): document.place(())}
    for key, source in sources.items():
        places[key] = document.place(source)
        for inner, place in document.places.items():
            if len(inner) > len(source) and inner[: len(source)] == source:
                places.setdefault((*key, *inner[len(source) :]), place)
    return places


def _texts(document: Document, sources: dict[Key, Key]) -> dict[Key, str]:
    """The texts of values that are translated as they are, by their translated keys."""
    return {
        (*key, *inner[len(source) :]): text
        for key, source in sources.items()
        if source[:1] == ("heirloom",) or key[-1:] in (("search_space",), ("args",))
        for inner, text in document.texts.items()
        if inner[: len(source)] == source
    }
