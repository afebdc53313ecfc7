"""Translates the tuner and the assessor of an NNI configuration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from controller.config.mistakes import Key, unknown_name
from controller.config.nni.builtin import ASSESSORS, TUNERS, UNSUPPORTED, Counterpart, find
from controller.config.nni.draft import Draft
from controller.config.nni.nni_config import Algorithm, NniConfig
from heirloom.objective import DIRECTIONS

_ARGS = "classArgs"


def add_algorithms(draft: Draft, config: NniConfig) -> None:
    """Set the tuner, the assessor and the objective."""
    tuner, advisor = config.algorithm("tuner"), config.algorithm("advisor")
    if advisor is not None:
        _refuse_advisor(draft, advisor)
    elif tuner is None:
        draft.mistake((), "missing: tuner, which proposes the trials")
    for algorithm in config.algorithms:
        if algorithm.kind != "advisor":
            _add(draft, algorithm)
    if tuner is not None and tuner.class_ is not None:
        draft.put(("tuner", "multi_thread"), config.multi_thread or None, ("multiThread",))
        last = tuner.uses_last_report or None
        source = ("tuner", "includeIntermediateResults")
        draft.put(("tuner", "include_intermediate_results"), last, source)
    _add_objective(draft, config)


def _add(draft: Draft, algorithm: Algorithm) -> None:
    kind = algorithm.kind
    draft.sources[(kind,)] = (kind,)
    if algorithm.missing is not None:
        draft.mistake((kind,), algorithm.missing)
    elif algorithm.name is not None and algorithm.class_ is not None:
        name, class_ = algorithm.names["name"], algorithm.names["class"]
        draft.mistake((kind,), f"give either {name} or {class_}, not both")
    elif algorithm.name is not None:
        _add_builtin(draft, algorithm, algorithm.name)
    elif algorithm.class_ is not None:
        draft.put((kind, "class"), algorithm.class_, algorithm.key("class"))
        draft.put((kind, "code_dir"), algorithm.code_dir or ".", algorithm.key("code_dir"))
        draft.put((kind, "args"), dict(algorithm.args), (kind, _ARGS))
        draft.put((kind, "interface"), "nni", algorithm.key("class"))
    else:
        names = algorithm.names
        text = f"missing: {names['name']}, or {names['class']} for a class of your own"
        draft.mistake((kind,), text)
    if algorithm.gpus_key is not None:
        text = f"is not used: the {kind} sees the GPUs of this command (CUDA_VISIBLE_DEVICES)"
        draft.note((kind, algorithm.gpus_key), text)
    if algorithm.checkpoint_key is not None:
        text = "is not used: NNI_CHECKPOINT_DIRECTORY is a directory of the experiment"
        draft.note((kind, algorithm.checkpoint_key), text)


def _add_builtin(draft: Draft, algorithm: Algorithm, name: str) -> None:
    kind, key = algorithm.kind, algorithm.key("name")
    table = TUNERS if kind == "tuner" else ASSESSORS
    found = find(name, table)
    if found is None:
        draft.mistake(key, _not_supported(kind, name, table))
        if kind == "tuner":
            draft.put((kind, "name"), "random", key)  # so that the other keys are checked too
        return
    match = table[found]
    draft.put((kind, "name"), match.name, key)
    if args := _args(draft, algorithm, found, match):
        draft.put((kind, "args"), args, (kind, _ARGS))
    if match.note:
        draft.note(key, match.note)


def _not_supported(kind: str, name: str, table: Mapping[str, Counterpart]) -> str:
    unsupported = find(name, UNSUPPORTED)
    if unsupported is not None:
        return f"NNI's {unsupported} is not supported: {UNSUPPORTED[unsupported]}"
    own = "; for a class of your own, give its file and its name"
    return unknown_name(kind, name, [*table, *UNSUPPORTED]) + own


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
    if advisor.class_ is not None or advisor.name is None:
        draft.mistake(
            ("advisor",),
            "an advisor of your own is not supported, since it talks to NNI's manager: write a "
            "tuner, and an assessor if it stops trials",
        )
    else:
        draft.mistake(advisor.key("name"), _not_supported("advisor", advisor.name, {}))


def _add_objective(draft: Draft, config: NniConfig) -> None:
    found: dict[str, Key] = {}
    for algorithm in config.algorithms:
        mode = algorithm.args.get("optimize_mode")
        source: Key = (algorithm.kind, _ARGS, "optimize_mode")
        if mode is None:
            continue
        if mode not in DIRECTIONS:
            draft.mistake(source, f"must be maximize or minimize, not {mode!r}")
        elif found and mode not in found:
            draft.mistake(source, f"must be {next(iter(found))}, as in the tuner")
        else:
            found.setdefault(mode, source)
    if found:
        draft.put(("objective",), *next(iter(found.items())))
