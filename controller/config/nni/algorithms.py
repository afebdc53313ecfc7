"""Translates the tuner and the assessor of an NNI configuration."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from controller.config.mistakes import Key, unknown_name
from controller.config.nni import registered
from controller.config.nni.arguments import ARGS, add_arguments
from controller.config.nni.builtin import (
    COUNTERPARTS,
    UNSUPPORTED,
    find,
    is_like_a_known_one,
    plain_name,
)
from controller.config.nni.draft import Draft
from controller.config.nni.nni_config import Algorithm, NniConfig
from heirloom.objective import DIRECTIONS

_BECOMES = {"tuner": "tuner", "advisor": "tuner", "assessor": "assessor"}


def add_algorithms(draft: Draft, config: NniConfig) -> None:
    """Set the tuner, the assessor and the objective."""
    tuner, advisor = config.algorithm("tuner"), config.algorithm("advisor")
    if _is_replaced(config, "tuner"):
        pass  # `heirloom: {tuner: …}` says what proposes the trials
    elif tuner is None and advisor is None:
        text = "missing: tuner, which proposes the trials"
        draft.mistake((), text, ("tuner",), ("advisor",))
        _hide_tuner(draft)
    elif tuner is not None and advisor is not None:
        draft.mistake(("advisor",), "give either a tuner or an advisor, not both")
    assessor = config.algorithm("assessor")
    is_own = advisor is not None and _is_own(advisor) and not _is_replaced(config, "tuner")
    if is_own and assessor is not None:
        text = "the advisor stops trials itself, so there is no assessor beside it: remove one"
        draft.mistake(("assessor",), text)
        assessor = None
    for algorithm in filter(None, [tuner or advisor, assessor]):
        if not _is_replaced(config, _BECOMES[algorithm.kind]):
            _add(draft, algorithm, config)
    _add_objective(draft, config)


def _is_own(algorithm: Algorithm) -> bool:
    """Whether it is a class of the user's own, or one that is registered with NNI."""
    kind, name = algorithm.kind, algorithm.name
    if name is None:
        return True
    return find(name, COUNTERPARTS[kind]) is None and registered.find(kind, name) is not None


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
    draft.sources[(_BECOMES[kind],)] = (kind,)
    if problem := _problem(algorithm):
        draft.mistake((kind,), problem, (kind,))
        if kind != "assessor":
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
    """Set a class of the user's own, or of an installed package.

    An advisor is the tuner. It gets the trials' reports as the assessor does.
    """
    kind = _BECOMES[algorithm.kind]
    for section in (kind, "assessor") if algorithm.kind == "advisor" else (kind,):
        draft.put((section, "class"), class_, source)
        draft.put((section, "code_dir"), algorithm.code_dir or ".", algorithm.key("code_dir"))
        draft.put((section, "interface"), "nni", source)
    draft.put((kind, "args"), dict(algorithm.args), (algorithm.kind, ARGS))
    if algorithm.kind == "tuner":
        draft.put((kind, "multi_thread"), config.multi_thread or None, ("multiThread",))
        last = algorithm.uses_last_report or None
        draft.put(
            (kind, "include_intermediate_results"), last, (kind, "includeIntermediateResults")
        )


def _add_builtin(draft: Draft, algorithm: Algorithm, name: str, config: NniConfig) -> None:
    """Set one that comes with NNI, or that the user has registered with NNI."""
    kind, key = _BECOMES[algorithm.kind], algorithm.key("name")
    table = COUNTERPARTS[algorithm.kind]
    found = find(name, table)
    if found is None and (entry := registered.find(algorithm.kind, name)):
        args = {**entry.args, **algorithm.args} if entry.accepts_args else entry.args
        _add_class(draft, replace(algorithm, args=args), config, entry.class_, key)
        draft.note(key, f"is {entry.class_}, as {entry.file} says")
        if algorithm.args and not entry.accepts_args:
            text = f"has no effect: {entry.file} says that {name} takes no arguments"
            draft.note((algorithm.kind, ARGS), text)
        return
    if found is None:
        draft.mistake(key, _not_supported(algorithm.kind, name))
        if kind == "tuner":
            draft.put((kind, "name"), "random", key)  # so that the other keys are checked too
            if not is_like_a_known_one(name):
                _hide_tuner(draft)
        return
    match = table[found]
    draft.put((kind, "name"), match.name, key)
    add_arguments(draft, algorithm, kind, found, match)
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
    return unknown_name(kind, name, known, plain_name) + own


def _with_article(kind: str) -> str:
    return f"an {kind}" if kind[0] == "a" else f"a {kind}"


def _add_objective(draft: Draft, config: NniConfig) -> None:
    found: dict[str, Key] = {}
    for algorithm in config.algorithms:
        mode = algorithm.args.get("optimize_mode")
        source: Key = (algorithm.kind, ARGS, "optimize_mode")
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
