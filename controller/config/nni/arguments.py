"""Translates the arguments of a tuner or an assessor that comes with NNI."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from controller.config.mistakes import Key, unknown_name
from controller.config.nni.builtin import Counterpart
from controller.config.nni.draft import Draft
from controller.config.nni.nni_config import Algorithm
from heirloom.channel.nni_params import NETWORK

ARGS = "classArgs"


def add_arguments(
    draft: Draft, algorithm: Algorithm, kind: str, name: str, match: Counterpart
) -> None:
    """Set the arguments of NNI's `name`, and what else of the experiment follows from them.

    `kind` is what it becomes: `tuner` or `assessor`.
    """
    args: dict[str, Any] = dict(match.defaults)
    amounts, images = match.amounts, dict(match.images)
    if amounts is not None:
        for field, default in amounts.defaults.items():
            draft.put(("resource", field), default, algorithm.key("name"))
    for key, value, source in _given(algorithm, name):
        if key == "optimize_mode":
            continue
        if key == "seed" and kind == "tuner":
            draft.put(("seed",), value, source)
        elif key in match.args:
            args[match.args[key]] = _converted(match, key, value)
            draft.sources[(kind, "args", match.args[key])] = source
        elif amounts is not None and key in amounts.args:
            draft.put(("resource", amounts.args[key]), value, source)
        elif key in match.images:
            images[key] = value
        elif key == "task" and match.images:
            if value != "cv":
                draft.mistake(source, f"must be cv, not {value!r}: networks are convolutional")
        elif key in match.dropped:
            draft.note(source, f"has no effect: `{match.name}` has no such argument")
        else:
            known = ["optimize_mode", *match.args, *images, *(amounts.args if amounts else ())]
            hint = unknown_name("argument", key, [*known, *sorted(match.dropped)])
            draft.mistake(source, f"{hint} (of {name})")
    if args:
        draft.put((kind, "args"), args, (algorithm.kind, ARGS))
    if images:
        _add_networks(draft, algorithm, images)


def _add_networks(draft: Draft, algorithm: Algorithm, images: Mapping[str, Any]) -> None:
    """Set the search space: networks for images of a size. That of the file is not used, if any."""
    for key in ("search_space", "search_space_file"):
        if draft.value.pop(key, None):  # NNI wants `searchSpace: {}`
            text = "is not used: the networks follow from the arguments of the tuner"
            draft.note(draft.sources.pop((key,)), text)
    width = images["input_width"]
    value = {"input": [images["input_channel"], width, width], "classes": images["n_output_node"]}
    space = {NETWORK: {"_type": "layers", "_value": value}}
    draft.put(("search_space",), space, (algorithm.kind, ARGS))


def _given(algorithm: Algorithm, name: str) -> Iterator[tuple[str, Any, Key]]:
    """The arguments in the file, each with its key. NNI's TPE has a mapping of further ones."""
    theirs = dict(algorithm.args)
    inner = theirs.pop("tpe_args", None) if name == "TPE" else None
    for key, value in theirs.items():
        yield key, value, (algorithm.kind, ARGS, key)
    if isinstance(inner, Mapping):
        for key, value in inner.items():
            yield str(key), value, (algorithm.kind, ARGS, "tpe_args", str(key))


def _converted(match: Counterpart, key: str, value: Any) -> Any:
    """A number as Heirloom's argument has it. Other values are left, and refused later."""
    convert = match.converted.get(key)
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return convert(value) if convert is not None and is_number else value
