"""Translates the tuner and the assessor of an NNI configuration."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from controller.config.mistakes import Key, unknown_name
from controller.config.nni import registered
from controller.config.nni.builtin import (
    COUNTERPARTS,
    UNSUPPORTED,
    Counterpart,
    find,
    is_like_a_known_one,
)
from controller.config.nni.draft import Draft
from controller.config.nni.nni_config import Algorithm, NniConfig
from heirloom.objective import DIRECTIONS

_ARGS = "classArgs"


def add_algorithms(draft: Draft, config: NniConfig) -> None:
    """Set the tuner, the assessor and the objective."""
    tuner, advisor = config.algorithm("tuner"), config.algorithm("advisor")
    if _is_replaced(config, "tuner"):
        pass  # `heirloom: {tuner: …}` says what proposes the trials
    elif advisor is not None:
        _refuse_advisor(draft, advisor)
    elif tuner is None:
        text = "missing: tuner, which proposes the trials"
        draft.mistake((), text, ("tuner",), ("advisor",))
        _hide_tuner(draft)
    for algorithm in config.algorithms:
        if algorithm.kind != "advisor" and not _is_replaced(config, algorithm.kind):
            _add(draft, algorithm, config)
    _add_objective(draft, config)


def _is_replaced(config: NniConfig, kind: str) -> bool:
    """Whether the keys under `heirloom` give another tuner or assessor, or remove it."""
    if kind not in config.heirloom:
        return False
    section = config.heirloom[kind]
    return section is None or (
        isinstance(section, Mapping) and not {"name", "class"}.isdisjoint(section)
    )


def _hide_tuner(draft: Draft) -> None:
    """Do not check the search space: an unknown tuner may have types of its own."""
    draft.unknown.add(("search_space",))


def _add(draft: Draft, algorithm: Algorithm, config: NniConfig) -> None:
    kind = algorithm.kind
    draft.sources[(kind,)] = (kind,)
    if problem := _problem(algorithm):
        draft.mistake((kind,), problem, (kind,))
        if kind == "tuner":
            _hide_tuner(draft)
    elif algorithm.name is not None:
        _add_builtin(draft, algorithm, algorithm.name, config)
    else:
        class_ = f"{algorithm.class_}"
        _add_class(draft, algorithm, config, class_, algorithm.key("class"))
    if algorithm.gpus_key is not None:
        text = f"is not used: the {kind} sees the GPUs of this command (CUDA_VISIBLE_DEVICES)"
        draft.note((kind, algorithm.gpus_key), text)
    if algorithm.checkpoint_key is not None:
        text = "is not used: NNI_CHECKPOINT_DIRECTORY is a directory of the experiment"
        draft.note((kind, algorithm.checkpoint_key), text)


def _problem(algorithm: Algorithm) -> str | None:
    """Why a section says neither which of NNI's nor which class is meant; None if it does."""
    names = algorithm.names
    if algorithm.missing is not None:
        return algorithm.missing
    if algorithm.name is not None and algorithm.class_ is not None:
        return f"give either {names['name']} or {names['class']}, not both"
    if algorithm.name is None and algorithm.class_ is None:
        return f"missing: {names['name']}, or {names['class']} for a class of your own"
    return None


def _add_class(
    draft: Draft, algorithm: Algorithm, config: NniConfig, class_: str, source: Key
) -> None:
    """Set a class of the user's own, or of an installed package."""
    kind = algorithm.kind
    draft.put((kind, "class"), class_, source)
    draft.put((kind, "code_dir"), algorithm.code_dir or ".", algorithm.key("code_dir"))
    draft.put((kind, "args"), dict(algorithm.args), (kind, _ARGS))
    draft.put((kind, "interface"), "nni", source)
    if kind == "tuner":
        draft.put((kind, "multi_thread"), config.multi_thread or None, ("multiThread",))
        last = algorithm.uses_last_report or None
        draft.put(
            (kind, "include_intermediate_results"), last, (kind, "includeIntermediateResults")
        )


def _add_builtin(draft: Draft, algorithm: Algorithm, name: str, config: NniConfig) -> None:
    """Set one that comes with NNI, or that the user has registered with NNI."""
    kind, key = algorithm.kind, algorithm.key("name")
    table = COUNTERPARTS[kind]
    found = find(name, table)
    if found is None and (entry := registered.find(kind, name)):
        args = {**entry.args, **algorithm.args} if entry.accepts_args else entry.args
        _add_class(draft, replace(algorithm, args=args), config, entry.class_, key)
        draft.note(key, f"is {entry.class_}, as {entry.file} says")
        if algorithm.args and not entry.accepts_args:
            text = f"has no effect: {entry.file} says that {name} takes no arguments"
            draft.note((kind, _ARGS), text)
        return
    if found is None:
        draft.mistake(key, _not_supported(kind, name))
        if kind == "tuner":
            draft.put((kind, "name"), "random", key)  # so that the other keys are checked too
            if not is_like_a_known_one(name):
                _hide_tuner(draft)
        return
    match = table[found]
    draft.put((kind, "name"), match.name, key)
    if args := _args(draft, algorithm, found, match):
        draft.put((kind, "args"), args, (kind, _ARGS))
    if match.note:
        draft.note(key, match.note)


def _not_supported(kind: str, name: str) -> str:
    """What to do about a name that is not served. Nothing is proposed that would be refused."""
    unsupported = find(name, UNSUPPORTED)
    if unsupported is not None:
        return f"NNI's {unsupported} is not supported: {UNSUPPORTED[unsupported]}"
    for other, table in COUNTERPARTS.items():
        if other != kind and find(name, table):
            return f"{name} is {_with_article(other)}, not {_with_article(kind)}"
    known = [*COUNTERPARTS.get(kind, ()), *registered.names(kind)]
    own = "; for a class of your own, give its file and its name"
    return unknown_name(kind, name, known) + own


def _with_article(kind: str) -> str:
    return f"an {kind}" if kind[0] == "a" else f"a {kind}"


def _args(draft: Draft, algorithm: Algorithm, name: str, match: Counterpart) -> dict[str, Any]:
    """Translate the arguments of one that comes with NNI."""
    args: dict[str, Any] = dict(match.defaults)
    theirs = dict(algorithm.args)
    inner = theirs.pop("tpe_args", None) if name == "TPE" else None
    given: list[tuple[str, Any, Key]] = [
        (key, value, (algorithm.kind, _ARGS, key)) for key, value in theirs.items()
    ]
    if isinstance(inner, Mapping):
        given += [
            (str(key), value, (algorithm.kind, _ARGS, "tpe_args", str(key)))
            for key, value in inner.items()
        ]
    for key, value, source in given:
        if key == "optimize_mode":
            continue
        if key == "seed" and algorithm.kind == "tuner":
            draft.put(("seed",), value, source)
        elif key in match.args:
            args[match.args[key]] = value
            draft.sources[(algorithm.kind, "args", match.args[key])] = source
        elif key in match.dropped:
            draft.note(source, f"has no effect: `{match.name}` has no such argument")
        else:
            known = ["optimize_mode", *match.args, *sorted(match.dropped)]
            draft.mistake(source, unknown_name("argument", key, known) + f" (of {name})")
    start = args.get("warmup")
    if name == "Medianstop" and isinstance(start, int) and not isinstance(start, bool):
        args["warmup"] = max(0, start - 1)  # in NNI it is the first step that is assessed
    elif name == "Medianstop":
        args.setdefault("warmup", 0)
    return args


def _refuse_advisor(draft: Draft, advisor: Algorithm) -> None:
    known = advisor.name is not None and find(advisor.name, UNSUPPORTED)
    if known and advisor.class_ is None:
        text = f"NNI's {known} is not supported: {UNSUPPORTED[known]}"
        draft.mistake(advisor.key("name"), text)
    else:
        draft.mistake(
            ("advisor",),
            "an advisor of your own is not supported, since it talks to NNI's manager: write a "
            "tuner, and an assessor if it stops trials",
            ("advisor",),
        )
        _hide_tuner(draft)


def _add_objective(draft: Draft, config: NniConfig) -> None:
    found: dict[str, Key] = {}
    for algorithm in config.algorithms:
        mode = algorithm.args.get("optimize_mode")
        source: Key = (algorithm.kind, _ARGS, "optimize_mode")
        if mode is None:
            continue
        if mode not in DIRECTIONS:
            _refuse_mode(draft, algorithm, mode, source)
        elif found and mode not in found:
            draft.mistake(source, f"must be {next(iter(found))}, as in the tuner")
        else:
            found.setdefault(mode, source)
    if found:
        draft.put(("objective",), *next(iter(found.items())))


def _refuse_mode(draft: Draft, algorithm: Algorithm, mode: Any, source: Key) -> None:
    """A mistake for one of NNI's. A class of the user's own may have words of its own."""
    if algorithm.class_ is not None:
        known = " and ".join(DIRECTIONS)
        text = (
            f"{mode!r} is for the class alone; Heirloom knows {known}, and takes maximize unless "
            "`heirloom: {objective: …}` says otherwise"
        )
        draft.note(source, text)
        return
    near = difflib.get_close_matches(str(mode).lower(), DIRECTIONS, n=1, cutoff=0.5)
    hint = f"; did you mean {near[0]}?" if near else ""
    draft.mistake(source, f"must be {' or '.join(DIRECTIONS)}, not {mode!r}{hint}")
